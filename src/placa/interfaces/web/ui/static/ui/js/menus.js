// Menus are native popovers; this places them beside their button and adds arrow keys.
const GAP = 6;
const EDGE = 8;

function place(panel, button) {
  const at = button.getBoundingClientRect();
  const size = panel.getBoundingClientRect();
  const right = at.left + size.width > innerWidth - EDGE;
  const left = right ? at.right - size.width : at.left;
  const above = at.bottom + GAP + size.height > innerHeight - EDGE && at.top - GAP - size.height > EDGE;
  panel.style.left = `${Math.max(EDGE, Math.min(left, innerWidth - size.width - EDGE))}px`;
  panel.style.top = `${above ? at.top - GAP - size.height : Math.min(at.bottom + GAP, Math.max(EDGE, innerHeight - size.height - EDGE))}px`;
}

const buttonOf = (panel) => document.querySelector(`[popovertarget="${CSS.escape(panel.id)}"]`);
const entries = (panel) => [...panel.querySelectorAll("a[href], button:not([disabled]), input:not([type=hidden]), select")];

document.addEventListener(
  "toggle",
  (event) => {
    const panel = event.target;
    if (!panel.matches?.("[data-menu]")) return;
    const button = buttonOf(panel);
    const open = event.newState === "open";
    button?.setAttribute("aria-expanded", String(open));
    if (open && button) place(panel, button);
  },
  true,
);
document.addEventListener("keydown", (event) => {
  const panel = event.target.closest("[data-menu]");
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  if (panel && event.target.matches("a, button")) {
    const all = entries(panel);
    event.preventDefault();
    all[(all.indexOf(event.target) + step + all.length) % all.length]?.focus();
  } else if (event.target.matches?.("[popovertarget]") && step === 1) {
    const target = document.getElementById(event.target.getAttribute("popovertarget"));
    event.preventDefault();
    if (!target.matches(":popover-open")) target.showPopover();
    entries(target)[0]?.focus();
  }
});
const closeAll = () => document.querySelectorAll("[data-menu]:popover-open").forEach((panel) => panel.hidePopover());
addEventListener("resize", closeAll);
addEventListener("scroll", closeAll, { passive: true });
