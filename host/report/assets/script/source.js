// Where the data come from: this file, or the server that it came from.

const inside = JSON.parse(byId('data').textContent);
const isLive = inside.live;

async function ask(path, parameters = {}, options = {}) {
  const answer = await fetch(`${path}?${new URLSearchParams(parameters)}`, {cache: 'no-cache', ...options});
  if (!answer.ok) {
    throw new Error(await answer.text());
  }
  return answer.json();
}

// The address of the picture of what a run has made at one of its steps.
function pictureAddress(run, series, stepIndex) {
  return isLive
    ? `picture?${new URLSearchParams({run: run.key, series: series.name, step: series.steps[stepIndex]})}`
    : series.pictures[stepIndex];
}

// The image itself, once for each address; those that were not looked at for long are let go.
const images = new Map();
function imageAt(address) {
  const known = images.get(address);
  images.delete(address);
  const image = known ?? new Promise((resolve, reject) => {
    const made = new Image();
    made.onload = () => resolve(made);
    made.onerror = () => {
      images.delete(address);
      reject(new Error('a picture could not be read'));
    };
    made.src = address;
  });
  images.set(address, image);
  if (images.size > 400) {
    images.delete(images.keys().next().value);
  }
  return image;
}
