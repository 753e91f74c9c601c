// What the pages use of d3: numbers of a drawing, no drawing.
export { scaleLinear, scaleLog, scaleSqrt, scaleBand } from "d3-scale";
export { area, curveMonotoneX, curveStepAfter, line, linkHorizontal } from "d3-shape";
export { hierarchy, partition, tree } from "d3-hierarchy";
