// Prepares a picture as TensorFlow does for the exported network: the same
// part of it, greys and resizing, so that the probabilities are the same, too.

const CENTRAL = 0.875;
const GREY = [0.299, 0.587, 0.114];

// The pixels of a file as a Uint8Array [height, width, channels].
//
// form: the object in the file input.json of the export.
export async function prepare(file, form) {
  const bitmap = await createImageBitmap(file, {colorSpaceConversion: "none"});
  const image = drawn(bitmap, form.channels);
  const isSame = image.height === form.height && image.width === form.width;
  if (isSame) return Uint8Array.from(image.values);
  const part = form.central ? centre(image, form) : image;
  return Uint8Array.from(resized(part, form), rounded);
}

// Lays a picture on white, and makes it grey if the network is for grey ones.
function drawn(bitmap, channels) {
  const {width, height} = bitmap;
  const context = new OffscreenCanvas(width, height).getContext("2d");
  context.fillStyle = "white";
  context.fillRect(0, 0, width, height);
  context.drawImage(bitmap, 0, 0);
  const {data} = context.getImageData(0, 0, width, height);
  const values = new Float32Array(width * height * channels);
  for (let i = 0; i < width * height; i++) {
    const colours = data.subarray(4 * i, 4 * i + 3);
    if (channels === 3) values.set(colours, 3 * i);
    else values[i] = rounded(grey(colours));
  }
  return {width, height, values};
}

function grey([red, green, blue]) {
  return GREY[0] * red + GREY[1] * green + GREY[2] * blue;
}

// The largest centred part with the network's proportions, a little smaller.
function centre(image, form) {
  const scale = CENTRAL *
    Math.min(image.height / form.height, image.width / form.width);
  const height = Math.max(1, Math.round(scale * form.height));
  const width = Math.max(1, Math.round(scale * form.width));
  const top = (image.height - height) >> 1, left = (image.width - width) >> 1;
  const row = width * form.channels;
  const values = new Float32Array(height * row);
  for (let y = 0; y < height; y++) {
    const begin = ((top + y) * image.width + left) * form.channels;
    values.set(image.values.subarray(begin, begin + row), y * row);
  }
  return {width, height, values};
}

// Bilinear interpolation with antialiasing, first of the rows, then of the
// columns.
function resized({width, height, values}, form) {
  const row = width * form.channels;
  const fewer = combined(values, 1, height, row, form.height);
  return combined(fewer, form.height, width, form.channels, form.width);
}

// Changes the second of three dimensions from `size` to `wanted`.
function combined(values, outer, size, inner, wanted) {
  const found = new Float32Array(outer * wanted * inner);
  const shares = weights(size, wanted);
  for (let o = 0; o < outer; o++)
    shares.forEach(({first, parts}, i) => {
      const to = (o * wanted + i) * inner;
      parts.forEach((part, j) => {
        const from = (o * size + first + j) * inner;
        for (let k = 0; k < inner; k++)
          found[to + k] += part * values[from + k];
      });
    });
  return found;
}

// For each new pixel, the shares of the old ones around it: a triangle as wide
// as two of the larger pixels.
function weights(size, wanted) {
  const scale = size / wanted, radius = Math.max(scale, 1);
  return Array.from({length: wanted}, (_, i) => {
    const middle = (i + 0.5) * scale;
    const first = Math.max(0, Math.ceil(middle - radius - 0.5));
    const last = Math.min(size - 1, Math.floor(middle + radius - 0.5));
    const parts = [];
    for (let j = first; j <= last; j++)
      parts.push(Math.max(0, 1 - Math.abs(j + 0.5 - middle) / radius));
    const total = parts.reduce((a, b) => a + b);
    return {first, parts: parts.map((part) => part / total)};
  });
}

// Rounds to the nearest number of 8 bits, and a half to the even one.
function rounded(value) {
  const below = Math.floor(value), rest = value - below;
  const up = rest > 0.5 || (rest === 0.5 && below % 2 === 1);
  return Math.min(255, Math.max(0, below + (up ? 1 : 0)));
}
