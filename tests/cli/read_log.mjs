// read_log.mjs LOG: what h5wasm reads of a log, as JSON: of every object its attributes, and of every dataset its type, shape
// and values, numbers as texts that no digit is missing from. read_log.py holds it against what h5py reads.
// The variable ATELIER_H5WASM has the folder of the package.
import {pathToFileURL} from 'node:url';

const h5wasm = await import(pathToFileURL(`${process.env.ATELIER_H5WASM}/dist/node/hdf5_hl.js`).href);
await h5wasm.ready;

const plain = (value) =>
  ArrayBuffer.isView(value) ? Array.from(value, String)
  : Array.isArray(value) ? value.map(plain)
  : value === null || value === undefined ? null : String(value);

const attributes = (item) => Object.fromEntries(Object.entries(item.attrs)
  .filter(([name]) => name !== 'DIMENSION_LIST' && name !== 'REFERENCE_LIST')  // references
  .map(([name, attribute]) => [name, {shape: attribute.shape, values: plain(attribute.value)}]));

const found = {};
const visit = (item, path) => {
  found[path] = {attributes: attributes(item)};
  if (item instanceof h5wasm.Dataset) {
    Object.assign(found[path], {shape: item.shape, type: item.dtype, values: plain(item.value)});
    return;
  }
  for (const name of item.keys()) {
    visit(item.get(name), path === '/' ? `/${name}` : `${path}/${name}`);
  }
};

const log = new h5wasm.File(process.argv[2], 'r');
visit(log, '/');
log.close();
process.stdout.write(JSON.stringify(found));
