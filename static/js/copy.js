// Shows the copy buttons; beside each, a status says whether copying worked.
for (const button of document.querySelectorAll("[data-copy]")) {
  const source = document.getElementById(button.dataset.copy);
  const status = button.parentElement.querySelector("[role=status]");
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(source.textContent);
      status.textContent = "Copied";
    } catch {
      // Without permission, or over plain http: the text is selected, Ctrl-C does the rest.
      getSelection().selectAllChildren(source);
      status.textContent = "Selected: press Ctrl-C";
    }
  });
}
