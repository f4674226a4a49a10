// "/" goes to the search box; empty filter fields stay out of the address, so that it can be shared.
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  const box = document.querySelector("[data-search]");
  if (!box) return;
  event.preventDefault();
  box.focus();
});
document.addEventListener("htmx:configRequest", (event) => {
  if (!event.detail.elt.matches("[data-filter]")) return;
  const values = event.detail.parameters;
  for (const key of Object.keys(values)) if (values[key] === "") delete values[key];
});
document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-filter]") || event.target.hasAttribute("hx-get")) return;
  for (const field of event.target.elements) if (field.name && field.value === "") field.disabled = true;
});
