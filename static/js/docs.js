// Shows the description with Swagger UI. What is tried out goes to this very server, by whatever name it was opened:
// the page may connect to no other.
const place = document.querySelector("[data-description]");
fetch(place.dataset.description)
  .then((answer) => answer.json())
  .then((description) => {
    SwaggerUIBundle({
      domNode: place,
      spec: { ...description, servers: [{ url: location.origin }] },
      deepLinking: true,
      // Nothing is sent elsewhere to be validated.
      validatorUrl: null,
      // The list of routes is long enough without every schema below it.
      defaultModelsExpandDepth: 0,
    });
  });
