// Removes a key from a page that is left: a browser may keep the page in memory and show it again on "back".
addEventListener("pagehide", () => {
  for (const element of document.querySelectorAll("[data-secret]")) {
    if (element instanceof HTMLInputElement) {
      element.value = "";
    } else {
      element.textContent = "(shown once)";
    }
  }
});
