// Sends the answer on without a click. The button does the same where scripts do not run.
// A person who comes here by the back button gets the button: the answer in the form has been used.
(function () {
  "use strict";
  var form = document.getElementById("form-post");
  var visit = performance.getEntriesByType("navigation")[0];
  if (form && !(visit && visit.type === "back_forward")) {
    // Not form.submit(): a field of that name would stand in its place.
    HTMLFormElement.prototype.submit.call(form);
  }
})();
