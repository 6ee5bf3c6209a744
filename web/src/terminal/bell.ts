let audio: AudioContext | undefined;

/** beep is the bell that can be heard: soft, and a tenth of a second. */
export function beep() {
  audio ??= new AudioContext();
  const { currentTime: now, destination } = audio;
  const [tone, volume] = [audio.createOscillator(), audio.createGain()];
  tone.frequency.value = 660;
  volume.gain.setValueAtTime(0.08, now);
  volume.gain.exponentialRampToValueAtTime(0.0001, now + 0.12);
  tone.connect(volume).connect(destination);
  tone.start(now);
  tone.stop(now + 0.12);
}
