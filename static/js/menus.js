// The menus of the header close when one clicks elsewhere or presses Escape.
for (const menu of document.querySelectorAll("header details")) {
  addEventListener("click", (event) => {
    if (!menu.contains(event.target)) {
      menu.open = false;
    }
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
}
