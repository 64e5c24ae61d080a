// Shows the most probable classes of the picture that is dropped on the page.

import {load} from "./classifier.js";

const MOST_CLASSES = 5;

const [drop, status, picture, table] = ["drop", "status", "picture", "classes"]
  .map((name) => document.getElementById(name));

export const loading = load("./model").then(
  (classifier) => {
    status.textContent = "The network is ready.";
    return classifier;
  },
  (error) => {
    status.textContent =
      `The network cannot be loaded: ${error.message}. README.md says which ` +
      "files the folder needs.";
  },
);

drop.addEventListener("change", (event) => show(event.target.files[0]));
drop.addEventListener("dragover", (event) => {
  event.preventDefault();
  drop.classList.add("over");
});
drop.addEventListener("dragleave", () => drop.classList.remove("over"));
drop.addEventListener("drop", (event) => {
  event.preventDefault();
  drop.classList.remove("over");
  show(event.dataTransfer.files[0]);
});

async function show(file) {
  const classifier = await loading;
  if (!classifier || !file) return;
  table.replaceChildren();
  try {
    const begin = performance.now();
    const probabilities = await classifier.classify(file);
    const taken = (performance.now() - begin).toFixed(1);
    URL.revokeObjectURL(picture.src);
    picture.src = URL.createObjectURL(file);
    picture.hidden = false;
    status.textContent = `${file.name}: ${taken} ms`;
    const order = [...probabilities.keys()]
      .sort((a, b) => probabilities[b] - probabilities[a]);
    for (const i of order.slice(0, MOST_CLASSES))
      addRow(classifier.names[i], probabilities[i]);
  } catch (error) {
    picture.hidden = true;
    status.textContent =
      `${file.name}: expected a JPEG or PNG picture (${error.message}).`;
  }
}

function addRow(name, probability) {
  const row = table.insertRow();
  row.insertCell().textContent = name;
  row.insertCell().textContent = probability.toFixed(4);
  const meter = document.createElement("meter");
  meter.value = probability;
  row.insertCell().append(meter);
}
