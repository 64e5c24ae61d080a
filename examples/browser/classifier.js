// Runs an exported network in the browser by LiteRT.js.

import {loadAndCompile, loadLiteRt, Tensor} from "@litertjs/core";
import {prepare} from "./pixels.js";

const RUNTIME = "./node_modules/@litertjs/core/wasm/";

// Loads the network from a folder with the files of an export.
//
// Returns {names, classify}: the names of the classes, and a function from a
// file (a Blob) to the probabilities, a Float32Array.
export async function load(folder) {
  const [form, labels] = await Promise.all([
    fetched(`${folder}/input.json`).then((answer) => answer.json()),
    fetched(`${folder}/labels.txt`).then((answer) => answer.text()),
    loadLiteRt(RUNTIME),
  ]);
  const answer = await fetched(`${folder}/model_batch_1.tflite`);
  const model = await loadAndCompile(
    new Uint8Array(await answer.arrayBuffer()), {accelerator: "wasm"});

  async function classify(file) {
    const pixels = await prepare(file, form);
    const shape = [1, form.height, form.width, form.channels];
    const images = new Tensor(pixels, shape);
    // What a program for WebAssembly holds is not freed by itself.
    try {
      const [found] = await model.run(images);
      const probabilities = Float32Array.from(await found.data());
      found.delete();
      return probabilities;
    } finally {
      images.delete();
    }
  }

  return {names: labels.replace(/\n$/, "").split("\n"), classify};
}

async function fetched(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  return answer;
}
