import { strict as assert } from 'node:assert';
import { PHASES, isFinal, type Phase } from '../../../../src/core/task/phases';
import type { Task } from '../../../../src/core/task/task';
import {
  GROUPS,
  TaskTree,
  groupElement,
  groupOf,
  groupOfElement,
} from '../../../../src/editor/tasks/taskGroups';

function aTask(id: string, phase: Phase): Task {
  return {
    id,
    origin: 'https://llm.ai-nebula.com',
    request: { model: 'sora-2', prompt: id },
    phase,
    createdAt: 0,
    updatedAt: 0,
    videos: [],
    timeline: [],
  };
}

describe('the tree of tasks', () => {
  const [inProgress, videos, withoutVideo] = GROUPS.map(groupElement) as [string, string, string];
  let tree: TaskTree;

  beforeEach(() => {
    tree = new TaskTree();
  });

  it('has every phase in a group, which only an end or its undoing changes', () => {
    for (const phase of PHASES) {
      assert.equal(groupOf({ phase }) === 'inProgress', !isFinal(phase), phase);
      assert.equal(groupOf({ phase }) === 'videos', phase === 'saved', phase);
    }
  });

  it('is flat as long as all tasks are of one kind', () => {
    tree.fill([aTask('b', 'saved'), aTask('a', 'saved')]);
    assert.deepEqual(tree.children(), ['b', 'a']);
    assert.equal(tree.parent('a'), undefined);
    assert.deepEqual(tree.children('a'), []);
  });

  it('has the groups that are needed, each with its tasks in order', () => {
    tree.fill([aTask('d', 'running'), aTask('c', 'saved'), aTask('b', 'failed'), aTask('a', 'saved')]);
    assert.deepEqual(tree.children(), [inProgress, videos, withoutVideo]);
    assert.deepEqual(tree.children(videos), ['c', 'a']);
    assert.deepEqual(tree.children(withoutVideo), ['b']);
    assert.equal(tree.parent('b'), withoutVideo);
    assert.equal(tree.parent(videos), undefined);
    assert.equal(groupOfElement(videos), 'videos');
    assert.equal(groupOfElement('videos'), undefined);
  });

  it('stays grouped when the last task gets ready, and begins anew when it is empty', () => {
    tree.fill([aTask('b', 'running'), aTask('a', 'saved')]);
    tree.fill([aTask('b', 'saved'), aTask('a', 'saved')]);
    assert.deepEqual(tree.children(), [videos]);
    tree.fill([]);
    assert.deepEqual(tree.children(), []);
    tree.fill([aTask('a', 'saved')]);
    assert.deepEqual(tree.children(), ['a']);
  });

  it('leaves the only task where it is when it ends', () => {
    tree.fill([aTask('a', 'running')]);
    assert.deepEqual(tree.change([aTask('a', 'saved')], []), ['a']);
    assert.deepEqual(tree.children(), ['a']);
    assert.equal(tree.change([aTask('b', 'draft')], []), undefined);
  });

  it('draws only changed rows anew, unless one comes, goes or moves', () => {
    tree.fill([aTask('b', 'queued'), aTask('a', 'saved')]);
    assert.deepEqual(tree.change([aTask('b', 'running')], []), ['b']);
    assert.equal(tree.task('b')?.phase, 'running');
    assert.deepEqual(tree.change([], ['unknown to us']), []);
    assert.equal(tree.change([aTask('b', 'saved')], []), undefined);
    assert.equal(tree.change([aTask('c', 'draft')], []), undefined);
    assert.equal(tree.change([], ['a']), undefined);
  });
});
