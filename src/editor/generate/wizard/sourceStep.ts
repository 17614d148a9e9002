import type { L10n } from '../../../core/common/l10n';
import type { SummaryRow } from './summaryStep';
import type { WizardRequest } from './wizardRequest';
import type { WizardDependencies } from './wizardTypes';

export interface SourceStep extends Pick<
  WizardDependencies,
  'inputs' | 'pickImages' | 'pickRemixSource' | 'l10n'
> {
  readonly title: string;
  readonly request: WizardRequest;
  readonly previewLabel: string;
  readonly preview: () => Promise<'back' | 'cancel'>;
}

/** The rows of the images and the remix source, which exclude each other. */
export function sourceRows(request: WizardRequest, l10n: L10n): readonly SummaryRow[] {
  const { sources, images } = request;
  const [none, remix] = [l10n.t('none'), { key: 'remix', label: l10n.t('Remix Source') } as const];
  if (sources.remixOf !== undefined) return [{ ...remix, value: l10n.t('earlier video') }];
  const { images: chosen = [] } = sources;
  return [
    {
      key: 'images',
      label: l10n.t('Images'),
      value: chosen.length === 0 ? none : String(chosen.length),
      detail: images?.noteOn(request.target),
    },
    ...(chosen.length === 0 && request.supports('remix') ? [{ ...remix, value: none }] : []),
  ];
}

/** Lets the user select images, or change those of the request. */
export async function changeImages(step: SourceStep): Promise<'back' | 'cancel'> {
  const { inputs, title, request, previewLabel, preview, l10n } = step;
  const { images = [] } = request.sources;
  if (images.length === 0) return chooseImages(step);
  const answer = await inputs.pick<'preview' | 'choose' | 'remove'>({
    title,
    canGoBack: true,
    placeholder: l10n.t('Images'),
    items: [
      // Links can't be shown.
      ...(request.images?.count ? [{ value: 'preview' as const, label: previewLabel }] : []),
      { value: 'choose', label: l10n.t('Choose Other Images…') },
      { value: 'remove', label: l10n.t('Remove') },
    ],
  });
  if (answer.kind !== 'value') return answer.kind === 'cancel' ? 'cancel' : 'back';
  switch (answer.value) {
    case 'preview':
      return preview();
    case 'choose':
      return chooseImages(step);
    case 'remove':
      request.setSources({});
      return 'back';
  }
}

async function chooseImages({ title, request, pickImages }: SourceStep): Promise<'back'> {
  const picked = await pickImages(title);
  if (picked) request.setSources({ images: picked.sources }, picked);
  return 'back';
}

/** Lets the user select a video to remix, or remove the selected one. */
export async function changeRemixSource({
  inputs,
  title,
  request,
  pickRemixSource,
  l10n,
}: SourceStep): Promise<'back' | 'cancel'> {
  if (request.sources.remixOf === undefined) {
    const picked = await pickRemixSource(title);
    if (picked) request.setSources({ remixOf: picked.remixOf }, { model: picked.model });
    return 'back';
  }
  const answer = await inputs.pick<'remove'>({
    title,
    canGoBack: true,
    placeholder: l10n.t('Remix Source'),
    items: [{ value: 'remove', label: l10n.t('Remove') }],
  });
  if (answer.kind !== 'value') return answer.kind === 'cancel' ? 'cancel' : 'back';
  request.setSources({});
  return 'back';
}
