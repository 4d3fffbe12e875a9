// Gives accessible names to what the theme and the widgets leave without one.
(function () {
  var PLAY_ICONS = { "fa-play": "Play", "fa-pause": "Pause", "fa-stop": "Stop", "fa-retweet": "Repeat" };

  function text(element) {
    return element ? element.textContent.trim() : "";
  }

  function set(element, name, value) {
    if (value && element.getAttribute(name) !== value) element.setAttribute(name, value);
  }

  // A slider is called by its label, and its value is what its readout shows, not the index.
  function nameSlider(handle) {
    var widget = handle.closest(".widget-inline-hbox");
    if (!widget) return;
    set(handle, "aria-label", text(widget.querySelector(".widget-label")));
    set(handle, "aria-valuetext", text(widget.querySelector(".widget-readout")));
  }

  function namePlayButton(button) {
    var icon = button.querySelector("i");
    set(button, "aria-label", icon && PLAY_ICONS[icon.className.split(" ").pop()]);
  }

  // The visible text of these is their name; the label says something else.
  function dropLabel(element) {
    element.removeAttribute("aria-label");
  }

  // A list may hold only items of a list.
  function nameEntry(entry) {
    set(entry, "role", "listitem");
  }

  // What stands in no landmark is passed over by those who go from one to the next.
  function nameLogo(logo) {
    set(logo.parentElement, "role", "navigation");
    set(logo.parentElement, "aria-label", "Home");
  }

  function mend() {
    document.querySelectorAll(".noUi-handle").forEach(nameSlider);
    document.querySelectorAll(".widget-play button").forEach(namePlayButton);
    document.querySelectorAll(".citation-list > .citation").forEach(nameEntry);
    document.querySelectorAll(".navbar-brand").forEach(nameLogo);
    document
      .querySelectorAll(
        "button.search-button-field[aria-label], button.theme-switch-button[aria-label], details.hide > summary[aria-label]"
      )
      .forEach(dropLabel);
  }

  addEventListener("DOMContentLoaded", function () {
    mend();
    new MutationObserver(mend).observe(document.body, {
      childList: true,
      subtree: true,
      characterData: true,
      attributes: true,
      attributeFilter: ["class", "aria-valuetext"],
    });
  });
})();
