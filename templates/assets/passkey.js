// Asks the browser for a passkey and sends its answer with the page's form. What it needs is switched on only where the
// browser knows passkeys; everything else on the page works without.
(function () {
  "use strict";
  var form = document.getElementById("passkey-form");
  if (!form || !window.PublicKeyCredential || !navigator.credentials) {
    return;
  }
  var button = document.getElementById("passkey");
  var failed = document.getElementById("passkey-failed");
  var waiting = null;

  function bytes(text) {
    var plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, function (c) { return c.charCodeAt(0); });
  }

  function text(buffer) {
    var plain = String.fromCharCode.apply(null, new Uint8Array(buffer));
    return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }

  // The options as the browser wants them: bytes where the page has base64url.
  function options() {
    var asked = JSON.parse(form.dataset.options).publicKey;
    asked.challenge = bytes(asked.challenge);
    if (asked.user) {
      asked.user.id = bytes(asked.user.id);
    }
    [].concat(asked.allowCredentials || [], asked.excludeCredentials || []).forEach(function (known) {
      known.id = bytes(known.id);
    });
    return asked;
  }

  function send(credential) {
    var from = credential.response;
    var answer = {
      id: credential.id, rawId: text(credential.rawId), type: credential.type,
      response: { clientDataJSON: text(from.clientDataJSON) }
    };
    if (from.attestationObject) {
      answer.response.attestationObject = text(from.attestationObject);
    } else {
      answer.response.authenticatorData = text(from.authenticatorData);
      answer.response.signature = text(from.signature);
      answer.response.userHandle = from.userHandle ? text(from.userHandle) : null;
    }
    form.elements.namedItem("answer").value = JSON.stringify(answer);
    HTMLFormElement.prototype.submit.call(form);
  }

  // Pressed: the browser's own window opens. It stands in the way of a question that waits in the address field.
  function ask() {
    if (waiting) {
      waiting.abort();
      waiting = null;
    }
    failed.hidden = true;
    button.disabled = true;
    var asked = form.dataset.passkey === "create"
      ? navigator.credentials.create({ publicKey: options() })
      : navigator.credentials.get({ publicKey: options() });
    asked.then(send).catch(function () {
      failed.hidden = false;
      button.disabled = false;
      button.focus();
    });
  }

  // Passkeys stand among what the browser offers for the address field.
  function offer() {
    var can = PublicKeyCredential.isConditionalMediationAvailable;
    if (!form.hasAttribute("data-autofill") || !can) {
      return;
    }
    can.call(PublicKeyCredential).then(function (yes) {
      if (!yes || button.disabled) {
        return;
      }
      waiting = new AbortController();
      navigator.credentials.get({ publicKey: options(), mediation: "conditional", signal: waiting.signal })
        .then(send).catch(function () {});
    });
  }

  document.querySelectorAll("[data-needs-passkeys]").forEach(function (part) { part.hidden = false; });
  button.addEventListener("click", ask);
  offer();
})();
