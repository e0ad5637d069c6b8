// The server sends uPlot.esm.js from node_modules, beside the page's own files.
import uPlot from 'uplot';

export default uPlot;
