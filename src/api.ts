// The types that other extensions see. docs/api.md shows them.
export type { ImageRole, VideoRequest } from './core/models/request';
export type { Phase } from './core/task/phases';
export type {
  Charged,
  Failure,
  FailureKind,
  Task,
  TaskChanges,
  TimelineEntry,
  Video,
} from './core/task/task';
export type { RejectionCode } from './editor/common/rejection';
export type { NebulaVideoApi } from './editor/generate/nebulaVideoApi';
