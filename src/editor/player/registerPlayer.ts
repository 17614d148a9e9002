import * as path from 'node:path';
import * as vscode from 'vscode';
import { STORAGE_NAMES } from '../../core/common/storageNames';
import type { AppContext, Feature } from '../common/appContext';
import { openVideo } from './openVideo';
import { PlayerManager } from './playerManager';

export interface PlayerFeature extends Feature {
  readonly players: PlayerManager;
}

/** Registers the player. */
export function registerPlayer(context: AppContext): PlayerFeature {
  const { storageFolder, subscriptions } = context;
  const players = subscriptions.add(
    new PlayerManager({
      ...context,
      libraryFolder: path.join(storageFolder, STORAGE_NAMES.library),
      execute: (command, ...args) => vscode.commands.executeCommand(command, ...args),
      copy: (text) => vscode.env.clipboard.writeText(text),
    }),
  );
  return {
    players,
    commands: { 'nebulaVideo.openVideo': { run: async (args) => openVideo({ ...context, players }, args) } },
  };
}
