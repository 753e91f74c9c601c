// What the pages use of d3: numbers of a drawing, no drawing.
export { scaleLinear, scaleLog } from "d3-scale";
export { area, curveStepAfter, line } from "d3-shape";
