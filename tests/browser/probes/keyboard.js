// The stop of the Tab key where the focus is now; null when it is outside of the page's content.
probe.focusStop = () => {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  const style = getComputedStyle(element);
  const box = element.getBoundingClientRect();
  const top = document.elementFromPoint(box.x + box.width / 2, box.y + Math.min(box.height / 2, 10));
  return {
    what: probe.describe(element),
    outline: style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth),
    contrast: contrast(opaque(style.outlineColor), behind(element.parentElement)),
    covered: !(top && (element.contains(top) || top.contains(element))),
  };
};

// When the Tab key is let go, the focus has moved and its new place is in view. Within a date it moves from part to part.
probe.recordTabStops = () => {
  const stops = [];
  let last = null;
  probe.tabStops = () => stops;
  const record = ({ key }) => {
    if (key !== "Tab" || (last?.type === "date" && last === document.activeElement)) return;
    last = document.activeElement;
    const stop = probe.focusStop();
    stops.push(stop && { ...stop, text: probe.visibleText() });
  };
  addEventListener("keyup", record, true);
};

// The stop at each control, one after the other, focused by script.
probe.focusEach = () => probe.controls().map((control) => {
  control.focus();
  return probe.focusStop();
});

// How often Tab is pressed within dates: each has day, month, year and a button that opens a calendar.
probe.stopsWithinDates = () => 3 * [...document.querySelectorAll("[type=date]")].filter((date) => date.checkVisibility()).length;
