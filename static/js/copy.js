// Shows the copy buttons and says whether copying worked.
for (const button of document.querySelectorAll("[data-copy]")) {
  const label = button.firstChild;
  button.hidden = false;
  button.setAttribute("aria-live", "polite");
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(source.textContent);
      label.textContent = "Copied";
    } catch {
      // Without permission, or over plain http: the text is selected, Ctrl-C does the rest.
      getSelection().selectAllChildren(source);
      label.textContent = "Press Ctrl-C";
    }
  });
}
