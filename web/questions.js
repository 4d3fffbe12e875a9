// Predictions and questions of gdlearn.experiments: what is on the page already is shown at the right time.
(function () {
  var MOST_HINTS = 2;

  // The browser's memory, where it may be used.
  function remember(key, value) {
    try {
      if (value === null) localStorage.removeItem(key);
      else localStorage.setItem(key, value);
    } catch (error) {
      // private windows may refuse; the answer lasts as long as the page
    }
  }

  function recall(key) {
    try {
      return localStorage.getItem(key);
    } catch (error) {
      return null;
    }
  }

  function secret(form) {
    var bytes = Uint8Array.from(atob(form.dataset.secret), function (letter) {
      return letter.charCodeAt(0);
    });
    return JSON.parse(new TextDecoder().decode(bytes));
  }

  function typeset(element) {
    var mathjax = window.MathJax;
    if (!mathjax || !mathjax.startup) return;
    mathjax.startup.promise.then(function () {
      return mathjax.typesetPromise([element]);
    });
  }

  // The number of the chosen answer, "" if there is none.
  function choice(form) {
    var picked = form.querySelector("input[name=choice]:checked, select[name=choice]");
    return picked ? picked.value : "";
  }

  function say(form, words, right) {
    var feedback = form.querySelector(".downhill-feedback");
    form.classList.toggle("downhill-right", right);
    feedback.innerHTML = words;
    typeset(feedback);
  }

  // The button waits for a choice.
  function waitForChoice(form) {
    var button = form.querySelector("button[type=submit]");
    function update() {
      button.disabled = choice(form) === "";
    }
    form.addEventListener("change", update);
    update();
  }

  function onSubmit(form, act) {
    form.addEventListener("submit", function (event) {
      event.preventDefault();
      act();
    });
  }

  function predict(form) {
    var key = "downhill " + location.pathname + " " + form.dataset.key;
    var fields = form.querySelector("fieldset"), outcome = form.querySelector(".downhill-outcome");
    var commit = form.querySelector("button[type=submit]"), forget = form.querySelector("button[type=reset]");
    var frames = form.querySelectorAll("template");

    function show(committed, number) {
      fields.disabled = committed;
      commit.hidden = committed;
      outcome.hidden = forget.hidden = !committed;
      outcome.replaceChildren();
      if (committed) outcome.append(frames[number].content.cloneNode(true));
    }

    onSubmit(form, function () {
      var number = choice(form);
      if (number === "") return;
      remember(key, number);
      show(true, number);
      outcome.focus({ preventScroll: true });
    });
    form.addEventListener("reset", function () {
      remember(key, null);
      show(false);
      commit.disabled = true;
      fields.querySelector("input, select").focus();
    });
    waitForChoice(form);
    var before = recall(key);
    if (before !== null && frames[before]) {
      var field = fields.querySelector('input[value="' + before + '"]');
      if (field) field.checked = true;
      else fields.querySelector("select").value = before;
      show(true, before);
    }
  }

  // As in gdlearn/_mistakes.py: the number that somebody wrote, or null.
  function number(written) {
    // 1 000 is one number, 1 1/2 is not
    if (/[0-9][ \t\u00a0\u202f]+(?![0-9]{3}(?![0-9]))[0-9]/.test(written)) return null;
    var text = written.replace(/[ \t\u00a0\u202f%]/g, "").replace(/−/g, "-");
    text = text.replace(/^10\^/, "1e").replace(/[*·×]10\^/g, "e");
    if (/^[+-]?[1-9][0-9]{0,2}(,[0-9]{3})+(\.[0-9]*)?$/.test(text)) text = text.replace(/,/g, "");
    var decimal = "([+-]?(?:[0-9]+\\.?[0-9]*|\\.[0-9]+)(?:[eE][+-]?[0-9]+)?)";
    var match = text.replace(/,/g, ".").match("^" + decimal + "(?:/" + decimal + ")?$");
    if (!match) return null;
    var value = Number(match[1]) / Number(match[2] || 1);
    return isFinite(value) ? value : null;
  }

  function judged(data, written) {
    var x = number(written), words = data.words;
    if (x === null) return words.unread;
    var readings = written.includes("%") ? [x, x / 100] : [x]; // 25 % may be meant as 25 or as 0.25
    var off = readings.map((read) => Math.abs(read - data.answer));
    if (Math.min(...off) <= data.atol + data.rtol * Math.abs(data.answer)) return words.right;
    for (var table of data.tables) {
      for (var read of readings) {
        var found = table.filter(([wrong]) => Math.abs(read - wrong) <= data.rtol * Math.abs(wrong));
        var hints = found.slice(0, MOST_HINTS).map((row) => row[1]);
        if (hints.length) return words.not + " " + hints.join(" Or: ");
      }
    }
    var nearest = readings[off.indexOf(Math.min(...off))];
    return words.not + " " + (nearest > data.answer ? words.large : words.small);
  }

  function ask(form) {
    form.querySelector("button").disabled = false;
    onSubmit(form, function () {
      var data = secret(form), words = judged(data, form.querySelector("input").value);
      say(form, words, words === data.words.right);
    });
  }

  function choose(form) {
    waitForChoice(form);
    onSubmit(form, function () {
      var data = secret(form), number = choice(form);
      if (number !== "") say(form, data.said[number], Number(number) === data.right);
    });
    form.addEventListener("change", function () {
      say(form, "", false);
    });
  }

  var kinds = { predict: predict, ask: ask, choose: choose };
  addEventListener("DOMContentLoaded", function () {
    document.querySelectorAll("form.downhill-question").forEach(function (form) {
      kinds[form.dataset.kind](form);
    });
  });
})();
