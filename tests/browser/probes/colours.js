// Colours: [red, green, blue], opaque; a transparent background shows what lies behind it.
const channels = (colour) => colour.match(/[\d.]+/g).map(Number);
const luminance = (rgb) => {
  const [r, g, b] = rgb.map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const behind = (element) => {
  for (let at = element; at; at = at.parentElement) {
    const [r, g, b, alpha = 1] = channels(getComputedStyle(at).backgroundColor);
    if (alpha === 1) return [r, g, b];
  }
  return matchMedia("(prefers-color-scheme: dark)").matches ? [0, 0, 0] : [255, 255, 255];
};
const contrast = (one, other) => {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
};
const opaque = (colour) => channels(colour).slice(0, 3);

probe.textContrast = (element) => contrast(opaque(getComputedStyle(element).color), behind(element));

probe.faintTexts = () => [...document.body.querySelectorAll("*")]
  .filter((element) => [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim()))
  .filter((element) => probe.isVisible(element) && !element.matches(":disabled, script, style"))
  .filter((element) => probe.textContrast(element) < 4.5)
  .map(probe.describe);

// Parts of controls that one must see to know them, against what is beside them.
probe.faintParts = () => {
  const faint = [];
  const check = (element, part, colour, beside) => {
    const ratio = contrast(opaque(colour), beside);
    if (ratio < 3) faint.push(`${part} of ${probe.describe(element)}: ${ratio.toFixed(2)}`);
  };
  for (const element of document.querySelectorAll("input:not([type=hidden]), select")) {
    const style = getComputedStyle(element);
    check(element, "border", style.borderTopColor, behind(element.parentElement));
    const stroke = decodeURIComponent(style.backgroundImage).match(/stroke='(rgb\([^)]*\)|#\w+)'/)?.[1];
    if (style.backgroundImage !== "none" && !(stroke ?? "").startsWith("rgb")) faint.push(`unread picture of ${probe.describe(element)}`);
    else if (stroke) check(element, "picture", stroke, behind(element));
  }
  for (const element of document.querySelectorAll("button:not(.outline), .button:not(.outline)")) {
    if (probe.isVisible(element)) check(element, "surface", getComputedStyle(element).backgroundColor, behind(element.parentElement));
  }
  return faint;
};
