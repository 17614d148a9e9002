import type { QuickPickItem } from 'vscode';
import type { L10n } from '../../../core/common/l10n';
import type { Answer, PickItem, QuickInputs } from '../../common/quickInputs';

/** A row of the summary, by what opens when it's selected. Options have the key `option:name`. */
export type RowKey =
  | 'send'
  | 'model'
  | 'batch'
  | 'images'
  | 'remix'
  | 'more'
  | 'preset'
  | 'save'
  | 'preview'
  | `option:${string}`;

/** A choice and its value. */
export interface SummaryRow {
  readonly key: RowKey;
  readonly label: string;
  readonly value: string;
  /** The value before another choice changed it. */
  readonly previous?: string | undefined;
  readonly detail?: string | undefined;
}

export interface Summary {
  readonly inputs: QuickInputs;
  readonly title: string;
  readonly canGoBack: boolean;
  readonly sendLabel: string;
  readonly host: string;
  /** Why the request can't be sent. */
  readonly error: string | undefined;
  readonly hint: string;
  readonly rows: readonly SummaryRow[];
  /** Labels of the rows at the end that have no value. */
  readonly actions: readonly (readonly [key: RowKey, label: string])[];
  /** The requests of a batch, to be read. */
  readonly requests: readonly QuickPickItem[];
  readonly active: RowKey;
  readonly l10n: L10n;
}

/** Shows the request as a form. The first row is the only way to pay. */
export async function showSummary(summary: Summary): Promise<Answer<RowKey>> {
  const { inputs, title, canGoBack, hint, rows, actions, requests, active, l10n } = summary;
  const items: readonly PickItem<RowKey>[] = [
    ...rows.map((row) => toItem(row, l10n)),
    ...actions.map(([value, label]) => ({ value, label })),
  ];
  const send = sendItem(summary);
  const [choices, others] = [items.slice(0, rows.length), items.slice(rows.length)];
  return inputs.pick<RowKey>({
    ...{ title, canGoBack, hint },
    placeholder: l10n.t('Review the request, then generate the video'),
    items: [
      send,
      inputs.separator(),
      ...choices,
      inputs.separator(),
      ...others,
      ...(requests.length === 0 ? [] : [inputs.separator(), ...requests]),
    ],
    // Never move to the row that pays: a second Enter would send.
    active:
      active === 'send'
        ? (send as PickItem<RowKey>)
        : (items.find(({ value }) => value === active) ?? items[0]),
  });
}

/** Without a value, an item has no effect. */
function sendItem({
  inputs,
  sendLabel: label,
  host,
  error,
  l10n,
}: Summary): PickItem<RowKey> | QuickPickItem {
  const iconPath = inputs.icon('play');
  if (error !== undefined) return { label, iconPath, detail: `$(error) ${error}` };
  return {
    value: 'send',
    pays: true,
    ...{ label, iconPath },
    detail: l10n.t('Sent to {0}. The gateway sets the price.', host),
  };
}

function toItem({ key, label, value, previous, detail }: SummaryRow, l10n: L10n): PickItem<RowKey> {
  return {
    value: key,
    label,
    description: previous === undefined ? value : l10n.t('{0} (changed from {1})', value, previous),
    ...(detail === undefined ? {} : { detail }),
  };
}
