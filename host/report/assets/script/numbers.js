// Numbers: as they are packed, and as people read them.

function bytesOf(base64) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; ++i) {
    bytes[i] = text.charCodeAt(i);
  }
  return bytes.buffer;
}

// Float32Array, Float64Array or Uint32Array of {"f32": ...}, {"f64": ...}, {"u32": ...}
function unpacked(json) {
  if (json.f32 !== undefined) {
    return new Float32Array(bytesOf(json.f32));
  }
  return json.f64 !== undefined ? new Float64Array(bytesOf(json.f64)) : new Uint32Array(bytesOf(json.u32));
}

const grouped = (value) => Math.round(value).toLocaleString('en-US');

// Six significant digits, as the terminal's tables have them.
function numberText(value, digits = 6) {
  if (value === null || value === undefined || Number.isNaN(value)) {
    return '–';
  }
  if (!Number.isFinite(value)) {
    return value > 0 ? '∞' : '−∞';
  }
  const text = Math.abs(value) >= 1e7 || (value !== 0 && Math.abs(value) < 1e-4)
    ? value.toExponential(Math.max(0, digits - 3)).replace(/\.?0+e/, 'e').replace('e+', 'e')
    : String(Number(value.toPrecision(digits)));
  return text.replace('-', '−');
}

function durationText(seconds) {
  if (!Number.isFinite(seconds) || seconds < 0) {
    return '–';
  }
  const whole = Math.round(seconds);
  const two = (value) => String(value).padStart(2, '0');
  const minutes = Math.floor(whole / 60);
  return minutes < 60 ? `${minutes}:${two(whole % 60)}` : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}

function bytesText(bytes) {
  const units = ['bytes', 'KB', 'MB', 'GB', 'TB'];
  let unit = 0;
  while (bytes >= 1000 && unit + 1 < units.length) {
    bytes /= 1000;
    ++unit;
  }
  return `${unit === 0 ? bytes : bytes.toPrecision(3)} ${units[unit]}`;
}

const counted = (count, name) => `${grouped(count)} ${name}${count === 1 ? '' : 's'}`;

// The index of the largest of rising `values` that is not above `limit`; -1 where all are.
function lastUntil(values, limit) {
  let low = 0, high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] <= limit) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low - 1;
}

// Of the one that is nearest; of two that are as near the earlier. -1 of none.
function nearest(values, wanted) {
  const before = lastUntil(values, wanted);
  if (before < 0) {
    return values.length > 0 ? 0 : -1;
  }
  return before + 1 < values.length && values[before + 1] - wanted < wanted - values[before] ? before + 1 : before;
}
