// Pictures of samples: tiles cut from a run's sheet, laid out in the same places for every run.

const tileGap = 1;  // pixels of the tiles

// Where samples 0 to count - 1 stand, in tile pixels.
function gridOf(sheet, count, columns) {
  const rows = Math.ceil(count / columns);
  return {columns, rows, width: columns * (sheet.width + tileGap) - tileGap, height: rows * (sheet.height + tileGap) - tileGap};
}

// One frame of each of the first `count` samples.
function drawTiles(canvas, image, sheet, count, columns, frame) {
  const grid = gridOf(sheet, count, columns);
  canvas.width = grid.width;
  canvas.height = grid.height;
  const context = canvas.getContext('2d', {willReadFrequently: true});
  context.clearRect(0, 0, grid.width, grid.height);
  for (let sample = 0; sample < count; ++sample) {
    drawTile(context, image, sheet, sample, frame, (sample % columns) * (sheet.width + tileGap),
      Math.floor(sample / columns) * (sheet.height + tileGap));
  }
}

function drawTile(context, image, sheet, sample, frame, x, y) {
  const tile = sample * sheet.frames + Math.min(frame, sheet.frames - 1);
  context.drawImage(image, (tile % sheet.columns) * sheet.width, Math.floor(tile / sheet.columns) * sheet.height,
    sheet.width, sheet.height, x, y, sheet.width, sheet.height);
}

// Brightness as a picture of its own: 0 to 255.
const brightness = (data, at) => 0.2126 * data[at] + 0.7152 * data[at + 1] + 0.0722 * data[at + 2];

// The first minus the second, where both have something: orange where the first is brighter, blue where the second is,
// stronger the larger. Returns the mean of the absolute differences, of 255.
function drawDifference(canvas, first, second) {
  canvas.width = first.width;
  canvas.height = first.height;
  const context = canvas.getContext('2d');
  const [a, b] = [first, second].map((one) => one.getContext('2d').getImageData(0, 0, one.width, one.height).data);
  const out = context.createImageData(first.width, first.height);
  const neutral = isDark() ? [24, 24, 27] : [250, 250, 250];
  const orange = isDark() ? [255, 150, 60] : [200, 80, 0], blue = isDark() ? [90, 170, 255] : [0, 90, 190];
  let sum = 0, pixels = 0;
  for (let at = 0; at < out.data.length; at += 4) {
    if (a[at + 3] === 0 || b[at + 3] === 0) {
      continue;
    }
    const apart = brightness(a, at) - brightness(b, at);
    const channels = (Math.abs(a[at] - b[at]) + Math.abs(a[at + 1] - b[at + 1]) + Math.abs(a[at + 2] - b[at + 2])) / 3;
    sum += channels;
    ++pixels;
    const strength = Math.sqrt(Math.min(1, Math.max(Math.abs(apart), channels) / 255));
    const colour = apart >= 0 ? orange : blue;
    for (let c = 0; c < 3; ++c) {
      out.data[at + c] = Math.round(neutral[c] + strength * (colour[c] - neutral[c]));
    }
    out.data[at + 3] = 255;
  }
  context.putImageData(out, 0, 0);
  return pixels > 0 ? sum / pixels : 0;
}
