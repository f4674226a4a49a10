// PIN boxes, show/hide and checklist of passwords, copy buttons, parts of a form that follow a choice. Each field works without this file too.

/** Six boxes in front of the one real field, which stays and is sent. */
function upgradePin(set) {
  const real = set.querySelector(".p-pin__one");
  if (!real || set.dataset.ready) return;
  set.dataset.ready = "yes";
  const label = set.dataset.pinLabel || "{n}";
  const boxes = Array.from({ length: 6 }, (_, k) => {
    const box = document.createElement("input");
    box.inputMode = "numeric";
    box.maxLength = 6; // one-time codes are filled into the first box whole
    box.autocomplete = k === 0 ? real.autocomplete : "off";
    box.required = true;
    box.setAttribute("aria-label", label.replace("{n}", String(k + 1)));
    box.value = real.value[k] || "";
    return box;
  });
  const sync = () => {
    for (const box of boxes) box.classList.toggle("is-filled", box.value !== "");
    real.value = boxes.map((box) => box.value).join("");
    real.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const spread = (text, from) => {
    const digits = text.replace(/\D/g, "").slice(0, 6 - from);
    [...digits].forEach((digit, k) => (boxes[from + k].value = digit));
    boxes[Math.min(from + digits.length, 5)].focus();
    sync();
  };
  boxes.forEach((box, k) => {
    box.addEventListener("input", () => {
      const typed = box.value.replace(/\D/g, "");
      box.value = "";
      if (typed) spread(typed, k);
      else sync();
    });
    box.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (event.key === "Backspace" && !box.value && boxes[k - 1]) {
        boxes[k - 1].value = "";
        boxes[k - 1].focus();
        sync();
      } else if (step && boxes[k + step]) {
        event.preventDefault();
        boxes[k + step].focus();
      }
    });
    box.addEventListener("focus", () => box.select());
    box.addEventListener("paste", (event) => {
      event.preventDefault();
      spread(event.clipboardData.getData("text"), k);
    });
  });
  real.type = "hidden";
  real.required = false;
  set.append(...boxes);
  sync();
}

function reveal(button) {
  const field = document.getElementById(button.dataset.reveal);
  if (!field) return;
  const icons = button.querySelectorAll(".bi");
  const show = (on) => {
    field.type = on ? "text" : "password";
    button.setAttribute("aria-pressed", String(on));
    icons[0].toggleAttribute("hidden", on);
    icons[1].toggleAttribute("hidden", !on);
  };
  button.hidden = false;
  show(false);
  button.addEventListener("click", () => show(field.type === "password"));
  field.form?.addEventListener("submit", () => show(false));
}

function checklist(list) {
  const field = document.getElementById(list.dataset.checklist);
  const again = document.getElementById(list.dataset.again);
  if (!field) return;
  const meter = document.querySelector(`[data-meter="${CSS.escape(list.dataset.checklist)}"]`);
  const said = document.querySelector(`[data-checklist-said="${CSS.escape(list.dataset.checklist)}"]`);
  const names = (list.dataset.names || "").toLowerCase().split(/[\s@.,]+/).filter((name) => name.length > 2);
  const length = Number(list.dataset.length) || 8;
  const rules = {
    len: (v) => [...v].length >= length,
    up: (v) => /\p{Lu}/u.test(v),
    low: (v) => /\p{Ll}/u.test(v),
    num: (v) => /\d/.test(v),
    sym: (v) => /[^\p{L}\d\s]/u.test(v),
    name: (v) => v.length > 3 && !names.some((name) => v.toLowerCase().includes(name)),
    same: (v) => v !== "" && (!again || v === again.value),
  };
  const run = () => {
    const items = [...list.querySelectorAll("li")];
    const done = items.filter((item) => {
      const ok = rules[item.dataset.rule](field.value);
      if (ok && !item.classList.contains("is-ok") && said) said.textContent = `${item.textContent.trim()}: ${list.dataset.done}`;
      item.classList.toggle("is-ok", ok);
      return ok;
    }).length;
    if (meter) meter.className = `p-meter p-meter--${Math.floor((done / items.length) * 4)}`;
  };
  field.addEventListener("input", run);
  again?.addEventListener("input", run);
  run();
}

/** A part that belongs to some choices of a select is shown with them only. The server looks at those alone, too. */
function follow(part) {
  const choice = document.getElementById(part.dataset.shownFor);
  if (!choice || part.dataset.ready) return;
  part.dataset.ready = "yes";
  const show = () => part.toggleAttribute("hidden", !part.dataset.shownValues.split(" ").includes(choice.value));
  choice.addEventListener("change", show);
  show();
}

function setUp(root) {
  for (const part of root.querySelectorAll("[data-shown-for]")) follow(part);
  for (const set of root.querySelectorAll("[data-pin]")) upgradePin(set);
  for (const button of root.querySelectorAll("[data-reveal][hidden]")) reveal(button);
  for (const list of root.querySelectorAll("[data-checklist]")) checklist(list);
  root.querySelector("[data-focus]")?.focus();
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    document.dispatchEvent(new CustomEvent("placa:toast", { detail: { text: button.dataset.copied } }));
  } catch {
    window.prompt(button.textContent.trim(), button.dataset.copy); // no permission: let the person copy
  }
});
document.addEventListener("htmx:load", (event) => setUp(event.detail.elt));
setUp(document);
