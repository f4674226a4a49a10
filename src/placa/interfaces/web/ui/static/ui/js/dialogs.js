// Native dialogs: data-dialog-open="id" opens, data-dialog-close closes, a click on the backdrop closes.
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog-open]");
  if (opener) {
    opener.closest("[data-menu]")?.hidePopover?.(); // no modal over an open menu
    document.getElementById(opener.dataset.dialogOpen)?.showModal();
    return;
  }
  if (event.target.closest("[data-dialog-close]")) event.target.closest("dialog")?.close();
  else if (event.target.matches("dialog.p-dialog:not([data-idle])")) event.target.close(); // the backdrop
});
