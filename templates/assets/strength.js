// Says how hard a new password is to guess while it is typed. The server says it again when the form is sent; without this
// script nothing on the page is in the way.
(function () {
  "use strict";
  var script = document.currentScript;
  var field = document.querySelector("input[type=password][autocomplete='new-password']");
  if (!field || !window.fetch) {
    return;
  }
  var waits = null;
  var asked = 0;
  var meter = document.createElement("meter");
  var words = document.createElement("p");
  meter.id = "strength";
  meter.min = 0;
  meter.max = 4;
  meter.low = 2;
  meter.high = 3;
  meter.optimum = 4;
  meter.hidden = true;
  meter.setAttribute("aria-labelledby", "strength-words");
  words.id = "strength-words";
  words.className = "hint";
  words.setAttribute("role", "status");
  field.parentNode.append(meter, words);

  function show(answer) {
    meter.hidden = !answer;
    meter.value = answer ? answer.score : 0;
    words.textContent = answer ? answer.words : "";
  }

  // Of answers that overtake each other the last question's counts.
  function ask() {
    var mine = ++asked;
    if (!field.value) {
      show(null);
      return;
    }
    var body = new URLSearchParams({ password: field.value });
    fetch(script.dataset.at, { method: "POST", body: body, credentials: "same-origin" })
      .then(function (answer) { return answer.ok ? answer.json() : null; })
      .catch(function () { return null; })
      .then(function (answer) {
        if (mine === asked) {
          show(answer);
        }
      });
  }

  field.addEventListener("input", function () {
    clearTimeout(waits);
    waits = setTimeout(ask, 400);
  });
})();
