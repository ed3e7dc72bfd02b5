/* Shows the OpenAPI description; both come from this server. */

"use strict";

const docs = document.getElementById("docs");
SwaggerUIBundle({
  url: docs.dataset.schemaUrl,
  domNode: docs,
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  persistAuthorization: false,
  validatorUrl: null,
});
