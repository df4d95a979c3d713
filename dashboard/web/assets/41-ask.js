// The overview's question before an incident is acknowledged: by whom? A modal dialog, so that the focus stays inside and goes back.
(function () {
  "use strict";
  const tw = window.tikawatch;
  const { text, byId } = tw;
  let asked = null; // what is acknowledged: its number, the step that was seen, its button

  tw.ask = function (row, button) {
    asked = { incident: row.id, step: Number(button.dataset.step), button: button };
    text(byId("ask-what"), `${row.kind}: ${row.where}, since ${row.since}`);
    text(byId("ask-trouble"), "");
    byId("ask-dialog").showModal();
    (byId("ask-who").value ? byId("ask-do") : byId("ask-who")).focus();
  };

  function send() {
    const who = byId("ask-who").value.trim();
    if (!who) {
      text(byId("ask-trouble"), "Write your name and office: the incident's timeline shows it.");
      byId("ask-who").focus();
      return;
    }
    const { button, incident, step } = asked;
    byId("ask-dialog").close();
    button.disabled = true;
    text(button, "Acknowledging");
    tw.send("ask", { incident: incident, step: step, who: who, n: Date.now() });
    window.setTimeout(() => { if (button.disabled) tw.notTaken(button); }, 10000);
  }

  tw.notTaken = function (button) {
    button.disabled = false;
    text(button, "Not taken: try again");
  };

  tw.bindAsk = function () {
    byId("ask-do").addEventListener("click", send);
    byId("ask-who").addEventListener("keydown", (event) => { if (event.key === "Enter") send(); });
    byId("ask-close").addEventListener("click", () => byId("ask-dialog").close());
  };
})();
