import type { AppContext } from '../common/appContext';
import type { Texts } from '../../webview/player/protocol';

/** Localized text of the page. */
export function playerText({ commandTitles, l10n }: Pick<AppContext, 'commandTitles' | 'l10n'>): Texts {
  return {
    video: l10n.t('Video'),
    takes: l10n.t('Videos'),
    loading: l10n.t('Preparing…'),
    actions: l10n.t('Actions'),
    previousFrame: l10n.t('Previous Frame'),
    nextFrame: l10n.t('Next Frame'),
    loop: l10n.t('Loop'),
    speed: l10n.t('Speed'),
    fill: l10n.t('Expand'),
    unfill: l10n.t('Collapse'),
    // The page inserts the time, which changes every second.
    elapsed: l10n.t('Elapsed: {0}'),
    prompt: l10n.t('Prompt'),
    copyPrompt: commandTitles.button('nebulaVideo.copyPrompt'),
    details: l10n.t('Details'),
    copyDetails: l10n.t('Copy Details'),
    timeline: l10n.t('Timeline'),
    useFrame: l10n.t('Use This Frame'),
    noSound: l10n.t("VS Code can't play this video's audio."),
    failed: l10n.t("Can't play this video here. Try an external player."),
  };
}
