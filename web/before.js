// The theme's Font Awesome must leave the icons of widgets alone: Play looks for its own <i>.
window.FontAwesomeConfig = { observeMutations: false };

// Formulas and widgets cost about as much. What the reader waits for comes first: the formulas on the first screen, then
// the widgets, then all other formulas.
(function () {
  var VIEW = 'script[type="application/vnd.jupyter.widget-view+json"]';
  var PATIENCE = 5000; // milliseconds, should the widgets not come

  function hung() {
    return document.querySelectorAll(".widget-subarea:not(:empty)").length >= document.querySelectorAll(VIEW).length;
  }

  function widgetsHung() {
    return new Promise(function (resolve) {
      var watch = new MutationObserver(function () {
        if (!hung()) return;
        watch.disconnect();
        setTimeout(resolve); // lets the browser show them
      });
      watch.observe(document.body, { childList: true, subtree: true });
      if (hung()) resolve();
      setTimeout(resolve, PATIENCE);
    });
  }

  function onFirstScreen() {
    return [...document.querySelectorAll(".bd-article .math")].filter(function (formula) {
      var place = formula.getBoundingClientRect();
      return place.top < innerHeight && place.bottom > 0;
    });
  }

  if (!window.MathJax) return; // a page without formulas
  window.MathJax.startup = {
    pageReady: function () {
      var first = onFirstScreen();
      return (first.length ? window.MathJax.typesetPromise(first) : Promise.resolve())
        .then(widgetsHung)
        .then(window.MathJax.startup.defaultPageReady);
    },
  };
})();

// Widgets ask MathJax 2 to set the formulas of their labels; the page has MathJax 3.
addEventListener("DOMContentLoaded", function () {
  var mathjax = window.MathJax;
  if (!mathjax || !mathjax.startup || mathjax.Hub) return;
  mathjax.Hub = {
    Queue: function (job) {
      mathjax.startup.promise.then(function () {
        return mathjax.typesetPromise([job[2]]);
      });
    },
  };
});
