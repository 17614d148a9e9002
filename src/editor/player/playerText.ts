import type { L10n } from '../../core/common/l10n';
import type { Texts } from '../../webview/player/protocol';

/** Localized text of the page. */
export function playerText(l10n: L10n): Texts {
  return {
    loading: l10n.t('Loading…'),
    video: l10n.t('Video'),
    playback: l10n.t('Playback'),
    actions: l10n.t('Actions'),
    takes: l10n.t('Videos of this task'),
    previousFrame: l10n.t('Previous Frame'),
    nextFrame: l10n.t('Next Frame'),
    loop: l10n.t('Loop'),
    speed: l10n.t('Speed'),
    fill: l10n.t('Fill the Editor'),
    unfill: l10n.t('Show Everything Again'),
    elapsed: l10n.t('{0} since you asked for it', '{0}'),
    progress: l10n.t('Progress'),
    prompt: l10n.t('Prompt'),
    copyPrompt: l10n.t('Copy Prompt'),
    details: l10n.t('Details'),
    copyDetails: l10n.t('Copy Details'),
    timeline: l10n.t('Timeline'),
    useFrame: l10n.t('Use This Frame'),
    noSound: l10n.t('This clip has sound, but this editor cannot play it.'),
    failedTitle: l10n.t('This video cannot be played here'),
    failedSentence: l10n.t(
      'The file is in the library, but this editor could not load or decode it. Another player may.',
    ),
  };
}
