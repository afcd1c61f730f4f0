// What our own scripts listen to; what the tests' tools listen to comes from elsewhere.
const listeners = [];
probe.listeners = () => listeners;
const listen = EventTarget.prototype.addEventListener;
EventTarget.prototype.addEventListener = function (type, ...rest) {
  const name = this === window ? "window" : this.tagName?.toLowerCase() ?? this.constructor.name;
  if (new Error().stack.includes("/static/")) listeners.push(`${type} on ${name}`);
  return listen.call(this, type, ...rest);
};

const pointable = () =>
  [...document.querySelectorAll("main :is(a, button), header :is(a, button)")]
    .filter((element) => element.checkVisibility({ visibilityProperty: true }) && element.getBoundingClientRect().width);

// Where to point at each. A link may run over two lines: the middle of the first.
probe.pointable = () => pointable().map((element) => {
  const { x, y, width, height } = element.getClientRects()[0];
  return [x + width / 2, y + height / 2];
});

// Notes each of them when it is pointed at, once.
probe.recordPointing = () => {
  const waiting = new Set(pointable());
  const found = [];
  probe.pointedAt = () => found;
  probe.neverPointedAt = () => [...waiting].map(probe.describe);
  addEventListener("mousemove", () => {
    for (const element of [...waiting].filter((one) => one.matches(":hover"))) {
      waiting.delete(element);
      found.push({ what: probe.describe(element), contrast: probe.textContrast(element), text: probe.visibleText() });
    }
  }, true);
};

// Gives the class of what is pointed at the styles of `:hover`, and every control in turn that class.
probe.markPointedAt = () => {
  const sheet = new CSSStyleSheet();
  const rules = [...document.styleSheets].flatMap(({ cssRules }) => [...cssRules]);
  sheet.replaceSync(rules.map(({ cssText }) => cssText.replaceAll(":hover", ".pointed-at")).join("\n"));
  document.adoptedStyleSheets = [sheet];
};

probe.faintWherePointedAt = () => pointable().filter((control) => {
  const within = [];
  for (let element = control; element; element = element.parentElement) within.push(element);
  within.forEach((element) => element.classList.add("pointed-at"));
  const contrast = probe.textContrast(control);
  within.forEach((element) => element.classList.remove("pointed-at"));
  return contrast < 4.5;
}).map(probe.describe);

probe.height = () => Math.max(innerHeight, document.documentElement.scrollHeight);

probe.draggedOrByShortcut = () => [...document.querySelectorAll("[draggable=true], [accesskey]")].map(probe.describe);

probe.smallTargets = () => {
  const inText = (element) =>
    element.matches("a") && getComputedStyle(element).display === "inline" && element.parentElement.matches("p, li, dd, h2");
  const alone = (element) => element.parentElement.textContent.trim() === element.textContent.trim();
  return probe.controls().filter((element) => {
    const { width, height } = element.getBoundingClientRect();
    return (width < 24 || height < 24) && !(inText(element) && !alone(element));
  }).map(probe.describe);
};

// What one reads on a control, and what it is called; axe must be there.
probe.seenAndCalled = () => {
  axe.setup(document);
  const found = probe.controls().filter((element) => element.matches("a, button")).map((element) => {
    const seen = element.cloneNode(true);
    seen.querySelectorAll(".visually-hidden").forEach((hidden) => hidden.remove());
    return { seen: seen.textContent.trim(), called: axe.commons.text.accessibleText(element) };
  });
  axe.teardown();
  return found;
};
