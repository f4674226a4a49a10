// First-visit tour: elements with data-tour="text" (and data-tour-order) are shown one after the other.
const stops = [...document.querySelectorAll("[data-tour]")].sort(
  (a, b) => Number(a.dataset.tourOrder || 0) - Number(b.dataset.tourOrder || 0),
);
const words = document.querySelector("[data-tour-words]");
const key = `placa-tour:${words?.dataset.tourWords ?? ""}`;
let card;
let at = -1;

const seen = () => {
  try {
    return localStorage.getItem(key) === "seen";
  } catch {
    return true; // storage is closed: do not show it on every page
  }
};

function end() {
  try {
    localStorage.setItem(key, "seen");
  } catch {
    // it comes again next time
  }
  stops[at]?.classList.remove("p-tour__spot");
  card?.hidePopover();
  at = -1;
}

function place(stop) {
  const box = stop.getBoundingClientRect();
  const size = card.getBoundingClientRect();
  const below = box.bottom + 14 + size.height < innerHeight;
  card.style.top = `${Math.max(16, below ? box.bottom + 14 : box.top - size.height - 14)}px`;
  card.style.left = `${Math.max(16, Math.min(box.left, innerWidth - size.width - 16))}px`;
}

function go(next) {
  stops[at]?.classList.remove("p-tour__spot");
  at = next;
  const stop = stops[at];
  if (!stop) return end();
  stop.scrollIntoView({ block: "center" });
  stop.classList.add("p-tour__spot");
  card.querySelector("[data-tour-text]").textContent = stop.dataset.tour;
  card.querySelector("[data-tour-count]").textContent = `${at + 1} / ${stops.length}`;
  card.querySelector("[data-tour-next]").textContent = at + 1 < stops.length ? words.dataset.next : words.dataset.done;
  if (!card.matches(":popover-open")) card.showPopover();
  place(stop);
  card.querySelector("[data-tour-next]").focus();
}

if (stops.length && words) {
  card = document.getElementById("tour");
  card.querySelector("[data-tour-next]").addEventListener("click", () => go(at + 1));
  card.querySelector("[data-tour-skip]").addEventListener("click", end);
  card.addEventListener("keydown", (event) => event.key === "Escape" && end());
  for (const button of document.querySelectorAll("[data-tour-start]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      button.closest("dialog")?.close();
      go(0);
    });
  }
  if (words.hasAttribute("data-tour-auto") && !seen()) go(0);
}
