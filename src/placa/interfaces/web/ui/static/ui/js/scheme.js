// Runs before the first paint, so that a forced light or dark does not flash. Kept on this device only.
(() => {
  const root = document.documentElement;
  const read = () => {
    try {
      return localStorage.getItem("placa-scheme") || "auto";
    } catch {
      return "auto"; // storage is closed: follow the device
    }
  };
  const apply = (scheme) => {
    if (scheme === "light" || scheme === "dark") root.dataset.bsTheme = scheme;
    else delete root.dataset.bsTheme;
    for (const button of document.querySelectorAll("[data-scheme]")) {
      button.setAttribute("aria-pressed", String(button.dataset.scheme === scheme));
    }
  };
  if (!root.dataset.bsTheme) apply(read());
  document.addEventListener("DOMContentLoaded", () => apply(read()));
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-scheme]");
    if (!button) return;
    try {
      localStorage.setItem("placa-scheme", button.dataset.scheme);
    } catch {
      // not kept, but applied
    }
    apply(button.dataset.scheme);
  });
})();
