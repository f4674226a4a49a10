// A minute before the session ends through idleness: a question; "stay signed in" posts to the server.
// The clock is shared by the tabs of this browser, and only what a person does resets the server's.
const body = document.body;
const dialog = document.querySelector("[data-idle]");
const idle = Number(body.dataset.idleSeconds) * 1000;
const WARNING = 60_000;
const KEY = "placa-alive";

const stamp = () => {
  try {
    localStorage.setItem(KEY, String(Date.now()));
  } catch {
    // storage is closed: this tab counts alone
  }
};
let seen = Date.now();
const last = () => {
  try {
    return Math.max(seen, Number(localStorage.getItem(KEY)) || 0);
  } catch {
    return seen;
  }
};

function tick() {
  const left = last() + idle - Date.now();
  if (left <= 0) location.assign(body.dataset.endUrl || "/");
  else if (left <= WARNING && !dialog.open) {
    document.querySelectorAll("dialog[open]").forEach((open) => open.close()); // no modal on a modal
    dialog.showModal();
  } else if (left > WARNING && dialog.open) dialog.close();
}

async function stay(form) {
  const answer = await fetch(form.action, { method: "POST", body: new FormData(form), redirect: "manual" });
  if (!answer.ok) {
    location.assign(body.dataset.endUrl || "/"); // the session has ended: the sign-in says so
    return;
  }
  alive();
  dialog.close();
}

function alive() {
  seen = Date.now();
  stamp();
}

if (dialog && idle) {
  alive(); // this page has just been asked for
  document.addEventListener("htmx:afterRequest", (event) => {
    // what a page asks by itself is nobody's doing
    if (!event.detail.requestConfig?.headers?.["X-Placa-Background"]) alive();
  });
  document.addEventListener("placa:alive", alive); // the viewer, once it has told the server
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-alive]")) return;
    event.preventDefault();
    stay(event.target);
  });
  setInterval(tick, 5000);
}
