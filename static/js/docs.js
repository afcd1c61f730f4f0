// Shows the description with Swagger UI.
const place = document.querySelector("[data-description]");
fetch(place.dataset.description)
  .then((answer) => answer.json())
  .then((description) => {
    // What is tried out goes to this very server, by whatever name it was opened: the page may connect to no other.
    delete description.servers;
    SwaggerUIBundle({
      domNode: place,
      spec: description,
      deepLinking: true,
      // The default one has numbers that are too faint.
      syntaxHighlight: { theme: "obsidian" },
      // Nothing is sent elsewhere to be validated.
      validatorUrl: null,
      // The list of routes is long enough without every schema below it.
      defaultModelsExpandDepth: 0,
    });
  });
