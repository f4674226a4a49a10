// Short messages. Any script: document.dispatchEvent(new CustomEvent("placa:toast", {detail: {text, kind}})).
const STAYS = 8000;
const region = document.getElementById("toasts");

function arm(toast) {
  toast.dataset.armed = "yes";
  if (toast.matches(".p-toast--bad")) return; // bad news stays until it is closed
  let timer = setTimeout(() => toast.remove(), STAYS);
  toast.addEventListener("pointerenter", () => clearTimeout(timer));
  toast.addEventListener("focusin", () => clearTimeout(timer));
  toast.addEventListener("pointerleave", () => (timer = setTimeout(() => toast.remove(), STAYS / 2)));
}

function toast(text, kind = "ok") {
  const made = document.getElementById("toast-template")?.content.firstElementChild?.cloneNode(true);
  if (!made || !region) return;
  made.className = `p-toast p-toast--${kind}`;
  made.querySelector("[data-toast-text]").textContent = text;
  region.append(made);
  arm(made);
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-toast-close]")) event.target.closest("[data-toast]")?.remove();
});
document.addEventListener("placa:toast", (event) => toast(event.detail.text, event.detail.kind));
for (const shown of region?.querySelectorAll("[data-toast]") ?? []) arm(shown);
