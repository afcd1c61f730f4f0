// Elements that only some people could see, hear or stop.
probe.pictures = () => [...document.querySelectorAll("img, picture, svg:not([aria-hidden=true]), canvas, input[type=image]")].map(probe.describe);
probe.media = () => [...document.querySelectorAll("audio, video, embed, object, iframe, track")].map(probe.describe);
probe.moving = () => [
  // What goes by how far somebody has scrolled stands still by itself.
  ...document.getAnimations().filter((animation) => animation.timeline === document.timeline).map((animation) => animation.animationName ?? animation.transitionProperty),
  ...[...document.querySelectorAll("marquee, blink, progress, meta[http-equiv=refresh], [aria-busy=true]")].map(probe.describe),
];

probe.links = () => [...document.querySelectorAll("a[href]")].map((link) => ({
  text: link.textContent.trim().replace(/\s+/g, " "),
  target: link.href,
  underlined: getComputedStyle(link).textDecorationLine.includes("underline"),
  // A sentence of the audit log says which key its link is about.
  inLog: Boolean(link.closest(".log")),
  inText: Boolean(link.closest("main")) && !link.matches(".button"),
}));

probe.badges = () => [...document.querySelectorAll(".state")].map((badge) => badge.innerText);
