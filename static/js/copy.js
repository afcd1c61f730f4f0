// Copy buttons: shows them, and says next to each whether copying worked.
for (const button of document.querySelectorAll("[data-copy]")) {
  const source = document.getElementById(button.dataset.copy);
  const status = button.parentElement.querySelector("[role=status]");
  button.hidden = false;
  button.addEventListener("click", async () => {
    // Only one text is in the clipboard, so only the last one says so.
    for (const other of document.querySelectorAll(".copied")) {
      other.textContent = "";
    }
    try {
      await navigator.clipboard.writeText(source.textContent);
      status.textContent = "Copied";
    } catch {
      // No permission, or plain http: select the text, so that Ctrl-C copies it.
      getSelection().selectAllChildren(source);
      status.textContent = "Selected: press Ctrl-C";
    }
  });
}
