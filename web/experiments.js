// Fetches what experiments will show: the widgets of those in the gallery as they come near the screen, and the frames
// of an experiment before they are needed, so that a slider never waits.
(function () {
  var NEAR = "800px 0px";
  var VIEW = "application/vnd.jupyter.widget-view+json", STATE = "application/vnd.jupyter.widget-state+json";
  var frames = {}; // kept, so that the browser keeps them, too

  function fetchFrames(root) {
    root.querySelectorAll('script[type="' + STATE + '"]').forEach(function (script) {
      (script.textContent.match(/[./]*_images\/[\w.-]+/g) || []).forEach(function (address) {
        if (frames[address]) return;
        frames[address] = new Image();
        frames[address].fetchPriority = "low";
        frames[address].src = address;
      });
    });
  }

  // A page with few experiments fetches all frames when it has nothing else to do; the gallery those that are touched.
  function fetchEarly() {
    if (document.querySelector("[data-script]")) {
      ["pointerover", "focusin"].forEach(function (touch) {
        addEventListener(touch, function (event) {
          var place = event.target.closest && event.target.closest("[data-script]");
          if (place) fetchFrames(place);
        });
      });
    } else {
      (window.requestIdleCallback || setTimeout)(function () {
        fetchFrames(document);
      });
    }
  }

  function script(type, data) {
    var element = document.createElement("script");
    element.type = type;
    element.textContent = JSON.stringify(data);
    return element;
  }

  // The scripts in _experiments/ call this: the widgets take the place of the picture.
  function hang(name, state, view) {
    var place = document.querySelector("#" + CSS.escape(name) + " [data-script]");
    var picture = place.firstElementChild;
    place.append(script(STATE, state), script(VIEW, view));
    new MutationObserver(function (changes, watch) {
      if (!place.querySelector(".widget-subarea img")) return;
      watch.disconnect();
      picture.remove();
      place.classList.remove("downhill-waiting");
    }).observe(place, { childList: true, subtree: true });
    window.require(["@jupyter-widgets/html-manager/dist/libembed-amd"], function (manager) {
      manager.renderWidgets(place);
    });
  }

  function load(place) {
    var element = document.createElement("script");
    element.src = place.dataset.script;
    document.head.append(element);
  }

  function loadAsTheyCome() {
    var watch = new IntersectionObserver(
      function (entries) {
        entries.forEach(function (entry) {
          if (!entry.isIntersecting) return;
          watch.unobserve(entry.target);
          load(entry.target);
        });
      },
      { rootMargin: NEAR }
    );
    document.querySelectorAll("[data-script]").forEach(function (place) {
      watch.observe(place);
    });
  }

  window.downhill = { hang: hang };
  addEventListener("load", function () {
    loadAsTheyCome();
    fetchEarly();
  });
})();
