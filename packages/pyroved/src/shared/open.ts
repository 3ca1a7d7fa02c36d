/** Opens the shared storage that a command line or the record of a study names. */
import { FolderStore } from './folderStore.js';
import { S3Store } from './s3Store.js';
import type { SharedStore } from './store.js';

/** @param place a folder, or s3://BUCKET/PREFIX @throws {StorageError} */
export async function openStore(place: string): Promise<SharedStore> {
  return place.startsWith('s3://') ? S3Store.open(place) : FolderStore.open(place);
}
