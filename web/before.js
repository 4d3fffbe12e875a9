// The theme's Font Awesome must leave the icons of widgets alone: Play looks for its own <i>.
window.FontAwesomeConfig = { observeMutations: false };

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
