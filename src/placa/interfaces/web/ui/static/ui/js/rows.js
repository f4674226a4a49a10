// A row of a table opens what its main link opens, wherever it is pressed. The link alone is in the order of tabs.
// Not by a link stretched over the row: dates and states would lose what they say on hover, and no text could be marked.
const OTHERS = "a, button, input, select, textarea, label, summary, form, [role=link]";

function open(event) {
  if (!(event.target instanceof Element) || event.target.closest(OTHERS) || String(window.getSelection())) return;
  const link = event.target.closest("tbody tr")?.querySelector("a.p-table__t");
  if (!link) return;
  if (event.type === "auxclick" ? event.button === 1 : event.ctrlKey || event.metaKey || event.shiftKey) {
    window.open(link.href, "_blank", "noopener");
  } else if (event.type === "click") link.click();
}

document.addEventListener("click", open);
document.addEventListener("auxclick", open);
