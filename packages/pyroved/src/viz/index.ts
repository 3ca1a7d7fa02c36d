export { type ClassScores, type ConfusionMatrix, classScores, confusionChart } from './charts/confusion.js';
export { type HeatmapOptions, heatmapChart } from './charts/heatmap.js';
export { type HistogramOptions, histogramChart } from './charts/histogram.js';
export { type LineChartOptions, type LinePoint, type LineSeries, lineChart } from './charts/lines.js';
export { type ScatterOptions, scatterChart } from './charts/scatter.js';
export { asSvgFile } from './charts/svg.js';
export { type EpochFigures, type TrainingChart, type TrainingCurve, trainingCharts } from './charts/training.js';
export { formatCount, formatDuration, formatPercent } from './format.js';
export type { FramedPicture } from './images/frame.js';
export {
  displayRange,
  type ImageRowsOptions,
  imageRowsPicture,
  type ManifoldPictureOptions,
  manifoldPicture,
  type Stack,
  samplesByClass,
} from './images/pictures.js';
export type { SignalStack } from './images/signals.js';
export { type ImageStack, selectImages, type TiledImage, type TileOptions, tileImages } from './images/tiles.js';
export type {
  FactGroup,
  ReportAccuracy,
  ReportChart,
  ReportData,
  ReportNote,
  ReportSection,
  ReportTable,
} from './report/data.js';
export { type Report, renderReport } from './report/report.js';
export { CATEGORY_COLOURS, SHARE_COLOUR } from './theme.js';
