export { Impression, type ImpressionProps } from './impression.ts'
export { TrackableProvider, type TrackableProviderProps, useTracker } from './provider.ts'
