// SPDX-License-Identifier: GPL-3.0-or-later
/**
   The swarm: up to a million oscillators that fly from noise onto the notes that are held, share
   out among them by velocity, and there beat as a chorus or lock in phase.

   Every S frames (a step) each oscillator i gets a frequency from its place x_i on the carriers' axis
   (carrier.h), times its partial h_i, times a fixed detune within +-spread; its phase moves on by
   the trapezoid phi += (nu_old + nu_new) S / 2 + kappa S, so it never jumps; and one frame of 2S samples
   is made from all of them by inverse FFT (lobe_bank.h).

   Detune: even on both sides of every group, whose own mean is taken off: locked, it sings exactly h f.
   Oscillator i has a place u_i in -1..1 by its number, and the detune u_i spread; or, as far as `distribution`
   says, that of a normal curve with the same standard deviation, spread / sqrt 3, cut off at three of it.

   Coupling: all oscillators on one partial of one note are a group with mean phasor R e^(j psi);
   each is pulled by K w R sin(psi - phi) rad/s (Kuramoto 1975, mean field), w being half the width
   of the group's detune in rad/s, at least 1, so that K_c = 4/pi on every note. In a step the pull
   closes 1 - e^(-K w R S/fs) of the sine at most, hence is stable at every K. Below 0 phases flee
   from their mean, by at most R times the sine in a step, and R falls below what chance gives, 1/sqrt(n).
   A lag a makes it sin(psi - phi - a) (Sakaguchi and Kuramoto 1986): what is locked moves on by K w R sin a
   slower and locks less firmly, from pi/2 on not at all. Normal detune: K_c = sqrt(8 / pi) / sqrt 3 = 0.92.
   Attention makes K on the notes within some ranges of frequency (1 + 2 attention) times as strong.

   Phase noise: a random walk of phase_noise rad per sqrt(s), as frequency that changes every step.
   Sway: oscillator i is (1 + sway[i mod n]) times as high, linear in time from step to step.

   Level: a note of velocity 1 has the same power whatever the number of oscillators, their order, the seed or their
   partials. The power of a group is measured: that of both channels, each place with its gains, if every member
   had amplitude 1. The amplitude of the members is steered by it so that the harmonic stays as loud as it shall
   be; what beats then is the place of the sound and not its level. Where phases change faster than they are measured
   the power is averaged, over 2 w d^2 with w half the width of the group in rad/s and d the time since the last measure;
   where they change more slowly what is heard of them is continued on a straight line until the next one.

   Out of silence phases are random, and groups are measured before their first frame is made, so that it is as loud as the others.
   An oscillator that changes its note changes its level in 12 ms, or as fast as the attack if that is shorter, down to a step.

   Stereo: every oscillator sits on one of the places of lobe_bank.h, between left and right at
   constant power; in motion place k is at (1 - depth) k_0 + depth sin(2 pi (rate t + k/8)).

   Phase width: in notes that are coupled, members left and right of the middle aim behind and before the common phase, by an angle
   o that makes D between the channels: tan o = tan(D / 2) / c, c being how far the places are apart, (far gain - near gain) over
   both. Its sign and a seventh of its size differ from harmonic to harmonic, the latter slowly moving at `motion_hz`; so a locked note
   is wide, keeps its place, and loses in mono what two signals at D lose: 10 log10(2 / (1 + cos D)) dB.

   Partials: h sounds at h^(1 + stretch) f, at tilt dB per octave, and odd_even takes the even ones (below 0) or
   the odd ones but the first (above 0) away. A prime limit leaves those that have no larger prime factor.

   Tone: a filter and formants are gains by partial and note (spectrum.h). The level is held for what tilt, odd_even and
   formants make; the filter takes away from it.

   Breath: noise with each note (breath.h), through the note's filter and formants, with its own envelope: cos(pi/2 share)
   of the tone and sin(pi/2 share) of a noise as loud. Bands of noise have places as oscillators have. A spectrum that changes
   is taken over every 5 ms at the most, where a note begins and by formants at once; its level in every step.

   Voices: up to 32 carriers from elsewhere stand beside those of the notes, in slots that these leave
   free; each keeps its slot as long as its id is handed over. Being born and dying are fades of 12 ms.

   Time: frame m has its centre at c_m = m S, knows all events up to c_m, is worked on in slices of
   FIQ_SWARM_SLICE frames up to c_m + S, and sounds from then on. Latency: 2 S, the same for every event.
   Cost: 2.4..2.8 ns an oscillator and step at rest, 2.8..3.3 ns in flight, 0.8..1.0 more if coupled (AVX2, steps of 64 and
   256, measured on a fast core), and some 3 us a step; next to nothing while no note sounds. What the next sound
   begins with is made ready meanwhile, so that the step in which it begins takes little longer than others.
   Source: Rodet and Depalle 1992; Kuramoto 1975; annealed diffusion as in carrier.h.
*/
#ifndef FIQ_SWARM_H
#define FIQ_SWARM_H

#include "dsp/anneal/anneal.h"
#include "dsp/notes/notes.h"
#include "dsp/swarm/spectral_bank.h"
#include "dsp/tone/breath.h"
#include "dsp/tone/motion.h"
#include "dsp/tone/spectrum.h"
#include "dsp/voice/phoneme.h"
#include "dsp/voice/utterance.h"

enum {
  FIQ_SWARM_SLICE        = 16, ///< frames from one portion of a step's work to the next
  FIQ_SWARM_PARTIALS_MAX = 128,
  FIQ_SWARM_GROUPS       = FIQ_CARRIERS_MAX * FIQ_SWARM_PARTIALS_MAX, ///< 128 slot + partial - 1
  FIQ_SWARM_SILENT =
      FIQ_SWARM_GROUPS, ///< added to the group of who falls silent to change its partial
  FIQ_SWARM_LANES         = FIQ_LOBE_PLACES, ///< sums of a group, one for each place
  FIQ_SWARM_BLOCK         = 8,               ///< groups that are worked on at once
  FIQ_SWARM_VOICES_MAX    = 32,
  FIQ_SWARM_OFFSETS       = 32, ///< phases that harmonics stand beside the common one by
  FIQ_SWARM_SWAY_MAX      = 1000,
  FIQ_SWARM_ATTENTION_MAX = 5,
  FIQ_SWARM_SYLLABLES     = 128, ///< of keys to be struck that are known
  FIQ_SWARM_NORMAL        = 256  ///< intervals of the normal curve
};

typedef enum {
  FIQ_METRIC_HZ,   ///< oscillators move and are shared out in Hz
  FIQ_METRIC_CENTS ///< in cents; the musical choice
} FiqMetric;

typedef struct {
  double   sample_rate_hz; ///< FIQ_SAMPLE_RATE_MIN_HZ..MAX_HZ
  uint32_t capacity;       ///< oscillators, 1..FIQ_ANNEAL_OSC_MAX
  uint32_t step_frames;    ///< S, power of two, 32..8192; 0: fiq_swarm_default_step()
  uint64_t seed;           ///< any
} FiqSwarmConfig;

/// What partials sound like beside tilt, odd and even.
typedef struct {
  FiqFilterType  filter;              ///< default off
  float          cutoff_hz;           ///< of middle C at full velocity, > 0; default 2000
  float          slope_db_per_octave; ///< 6..48; default 24
  float          resonance;           ///< 0..1; default 0
  float          key_track;           ///< 0 the same on all keys .. 1 goes with them; default 1
  float          velocity_octaves; ///< that full velocity opens it by beyond the least; default 2
  float          envelope_octaves; ///< that the tone envelope opens it by; default 0
  float          formants;         ///< 0..1; default 0
  float          vowel;            ///< 0..1; default 0.5
  float          voice_amount;     ///< of the tract on notes without words, 0..1; default 0
  FiqVoiceParams voice;            ///< of those with words too
  bool
      words_ahead; ///< consonants come before the beat, see fiq_swarm_latency_frames(); default off
  float sway_share; ///< of the sway that notes have where the matrix moves it, 0..1; default 0
  FiqMotionParams motion; ///< default still
  FiqBreathParams breath; ///< default none
} FiqSwarmTone;

typedef struct {
  float        n_osc;              ///< oscillators, 1..capacity; default 1000
  float        anneal_s;           ///< from noise to chord, 0.05..30 s; default 1.5
  float        balance;            ///< 0 plain softmax .. 1 exact shares; default 1
  float        noise_hz;           ///< n0, 0..2000 (Hz at middle C); default 50
  float        strength;           ///< s1, 0..18; default 10
  float        sharpness;          ///< sh1, 0.01..100; default 20
  float        metric;             ///< a FiqMetric; default FIQ_METRIC_CENTS
  float        spread_cents;       ///< detune, 0..100; default 6
  float        coupling;           ///< K in half widths of the group's detune, -100..100; default 0
  float        partials;           ///< 1..128; default 8
  float        tilt_db_per_octave; ///< -24..6; default -6
  float        width;              ///< 0 mono .. 1; default 0.8
  float        attack_s;           ///< 0..20; default 0.3
  float        decay_s;            ///< 0..20; default 1
  float        sustain;            ///< 0..1; default 0.8
  float        release_s;          ///< 0..20; default 0.8
  float        bend_range_semitones; ///< 0..48; default 2
  float        scatter_octaves;      ///< width of the starting cloud, 0..8; default 4
  float        level;                ///< linear gain; default 1
  float        key_level;            ///< and that of the keys alone, beside voices; default 1
  float        chord;                ///< a FiqChord, the drone; default off
  float        root_note;            ///< its lowest key, 0..127; default 48
  float        odd_even; ///< -1 odd partials only .. 1 even ones and the fundamental; default 0
  float        stretch;  ///< partial h at h^(1 + stretch), -0.5..0.5; default 0
  float        phase_width_rad; ///< D, 0..pi/2; default 0
  float        motion_hz;       ///< how fast the places drift, 0..10; default 0
  float        motion_depth;    ///< 0..1 of the width; default 0
  float        sharpness_mode;  ///< a FiqSharpness; default FIQ_SHARPNESS_SCHEDULE
  float        temperature;     ///< heat that remains after the anneal, 0..1; default 0
  float        anneal_curve;    ///< -1 cools early .. 1 late; default 0
  float        lag_rad;         ///< of the coupling, -pi..pi; default 0
  float        distribution;    ///< of the detune: 0 uniform .. 1 normal; default 0
  float        phase_noise;     ///< rad per sqrt(s), 0..20; default 0
  float        partial_limit; ///< largest prime of a partial, 2, 3, 5, 7, 11, 13; 0: all; default 0
  float        attention;     ///< 0..1; default 0
  FiqSwarmTone tone;
} FiqSwarmParams;

/// A carrier from elsewhere.
typedef struct {
  uint32_t id; ///< the same as long as it is the same voice
  float    hz;
  float    mass;  ///< share of the oscillators, 1 is a note of full velocity; > 0
  float    level; ///< linear, 1 is a note of full velocity; the envelope itself
} FiqSwarmVoice;

/// A voice that sounds.
typedef struct {
  FiqSwarmVoice voice;
  float         fade;  ///< 0 silent .. 1, moves by one part in slew_steps a step
  uint8_t       slot;  ///< its carrier
  bool          used;  ///< this entry is taken
  bool          asked; ///< handed over last time
  bool          fresh; ///< began since the carriers were last read
} FiqSwarmHeld;

/// Sums over one group; four floats, so that one vector adds them.
typedef struct {
  float re;
  float im;
  float n;
  float detune; ///< (e^(d spread) - 1) / spread, d in -1..1
} FiqSwarmSum;

/// What all members of a group share in one step.
typedef struct {
  float gain;  ///< amplitude of one member
  float pitch; ///< cycles per sample: at rest of the group, in flight at unit x
  float pull;  ///< coupling, cycles per sample per unit sine
  float psi;   ///< phase that it is pulled to, turns
} FiqSwarmGroup;

/// How loud the members of each of eight groups in a row would be together if each had amplitude 1.
typedef struct {
  float heard[4][FIQ_SWARM_BLOCK]; ///< when last measured: left re, im, right re, im
  float slope[4][FIQ_SWARM_BLOCK]; ///< what that changes by in a step, turned along with the note
  float power[FIQ_SWARM_BLOCK];    ///< of both channels, averaged
  float n[FIQ_SWARM_BLOCK];        ///< members then
  float trust[FIQ_SWARM_BLOCK]; ///< 0 the average counts .. 1 what is heard, and goes on as it did
  float steer[FIQ_SWARM_BLOCK]; ///< what makes the power 1; smooth
} FiqSwarmLevels;

/// What one step works with, fixed at its start.
typedef struct {
  FiqSwarmParams params;
  float          hz_to_nu; ///< 1 / sample rate
  float          spread;   ///< detune as exponent
  bool           cents;    ///< metric
  bool           convert;  ///< the metric changed: coordinates are turned into the new one
  bool           restart;  ///< out of silence: all oscillators begin anew
  bool           measure;  ///< group sums are taken
  bool           regroup;  ///< partials are changing
  bool           coupled;  ///< K is not 0
  bool           bends;    ///< coupling or noise changes frequencies
  bool           normal;   ///< detune is not uniform
  float          noise;    ///< standard deviation of the phase noise, cycles per sample
  uint32_t       noise_salt;
  uint32_t       n_sway;     ///< of the sway; 0: none
  uint32_t       n_partials; ///< that any group may have
  bool           still;      ///< all are exactly on their carriers
  bool           detunes;    ///< notes have detunes of their own
  bool           sways;      ///< and sway of their own
  bool           widens;     ///< left and right aim beside the common phase
  bool           pans;       ///< and stand at places of their own
  bool           toned;      ///< `tone` holds; on with it, where no new way began
  uint8_t
           slew_steps; ///< that a level takes when an oscillator changes group: as many as the attack, if that is short
  uint32_t n_run;      ///< oscillators in play, those fading out included
  uint32_t n_target;   ///< those that shall sound
  uint32_t fade_first; ///< oscillators fade_first..fade_last - 1 begin to fade in or out
  uint32_t fade_last;
  uint32_t join_first; ///< those from here on are new
} FiqSwarmFrame;

/// Who sounds; [capacity] each.
typedef struct {
  float*    nu;   ///< cycles per sample, without coupling
  float*    tone; ///< frequency over the pitch of the group, while not all are at rest
  float*    phi;  ///< turns, [-0.5, 0.5]
  float*    amplitude;
  uint8_t*  slew;  ///< steps left until the amplitude is its group's
  uint16_t* group; ///< 0..FIQ_SWARM_GROUPS - 1, or that plus FIQ_SWARM_SILENT
} FiqSwarmOscillators;

/// All oscillators on one partial of one note.
typedef struct {
  FiqSwarmSum*   sum; ///< [groups + 1][lanes], the last group takes what is silent
  FiqSwarmGroup* member
      [2]; ///< [2 groups] left and right of the middle, the second half for the silent; alike unless notes are widened
  float*          count;  ///< members, falling slowly
  float*          order2; ///< R^2 without the part that chance gives, slow
  FiqSwarmLevels* level;  ///< [groups / block] how loud the members are together
  float*          centre; ///< mean detune, exponent, slow; taken off, so that the group is in tune
  float*          pull;   ///< of the members from the last measure on
  float*          psi;    ///< mean phase then, turns
  float    norm[FIQ_CARRIERS_MAX]; ///< power of all partials over that of those with members, slow
  bool     active[FIQ_CARRIERS_MAX];  ///< slots with members
  bool     used[FIQ_CARRIERS_MAX];    ///< slots with members since the last silence
  bool     counted[FIQ_CARRIERS_MAX]; ///< and whose members have been counted
  bool     is_measured;               ///< the groups have been since the last silence
  uint32_t unmeasured;                ///< steps since the groups were measured
  uint32_t steps_between;             ///< of the last two measures
  uint32_t young_steps; ///< steps in which they are measured at once, as some have just begun
  float    uncertainty; ///< 0..1
  uint32_t steps_since_entropy; ///< steps since the uncertainty was judged
  float    order;               ///< mean R of the groups, 0..1
  float    linger_s;            ///< how long groups without members are still looked after
  uint32_t n_linger;            ///< partials of which
} FiqSwarmGroups;

/// Which partial an oscillator sounds, and what a partial is.
typedef struct {
  uint8_t  of[256];                       ///< which partial a 256th of the oscillators sounds
  uint32_t parts[FIQ_SWARM_PARTIALS_MAX]; ///< how many 256ths a partial has
  float    gain[FIQ_SWARM_PARTIALS_MAX];
  float    ratio[FIQ_SWARM_PARTIALS_MAX];  ///< frequency over that of the note
  float    octave[FIQ_SWARM_PARTIALS_MAX]; ///< log2 of that
  float    log[FIQ_SWARM_PARTIALS_MAX];    ///< natural logarithm of its number
  float    cutoff_octave;                  ///< log2 of the filter's cutoff in Hz
  int32_t  n;                              ///< that `of` is made for
  uint32_t limit;                          ///< the same
  uint32_t regroup_steps;
  uint32_t n_ready; ///< oscillators whose group is known to hold the partial that is theirs
} FiqSwarmPartials;

/// Cosine and sine of the offsets to the right, the first ones once more at the end.
typedef struct {
  float cosine[FIQ_SWARM_OFFSETS + FIQ_SWARM_BLOCK];
  float sine[FIQ_SWARM_OFFSETS + FIQ_SWARM_BLOCK];
} FiqSwarmAim;

/// Where oscillators stand between left and right.
typedef struct {
  float pan[FIQ_CHANNELS][FIQ_LOBE_PLACES]; ///< gains of this step
  float at[FIQ_LOBE_PLACES];                ///< -1..1 of the width
  float offset
      [2]
      [FIQ_SWARM_OFFSETS +
       FIQ_SWARM_BLOCK]; ///< turns beside the common phase, left and right; only with a phase width
  FiqSwarmAim aim;       ///< of those; only if notes are widened
  float
      weight[FIQ_CARRIERS_MAX]
            [FIQ_LOBE_PLACES]; ///< amplitude of each note's members there; only if notes are panned
  float motion;                ///< turns, 0..1
} FiqSwarmPlaces;

/// Who has which carrier.
typedef struct {
  uint8_t      of_note[FIQ_NOTES_MAX];   ///< carrier of each note, or 255
  bool         taken[FIQ_CARRIERS_MAX];  ///< slots of notes and voices
  float        hz[FIQ_CARRIERS_MAX];     ///< of the carriers of this step
  float        octave[FIQ_CARRIERS_MAX]; ///< log2 of that, 0 at least
  float        level[FIQ_CARRIERS_MAX];  ///< envelope of this step
  float        tilt[FIQ_CARRIERS_MAX];   ///< brightness of the note: exponent of the partial number
  float        velocity[FIQ_CARRIERS_MAX]; ///< 0..1; of voices 1
  FiqFormants  formants[FIQ_CARRIERS_MAX]; ///< of this step
  FiqSwarmHeld held[FIQ_SWARM_VOICES_MAX];
} FiqSwarmSlots;

/// What moves the notes.
typedef struct {
  FiqMotion   note[FIQ_CARRIERS_MAX];
  FiqLfoState common[FIQ_MOTION_LFOS];
  uint64_t    began[FIQ_CARRIERS_MAX];  ///< when each was struck, stream position
  bool        sounds[FIQ_CARRIERS_MAX]; ///< who has been advanced
  bool        moves;                    ///< anything at all
  uint32_t    targets;                  ///< that rows move, bit by FiqMotionTarget
} FiqSwarmMotion;

/// What is asked of the breath of one note in a step; set anew in every one, before the groups are (slots.c).
typedef struct {
  float
      share; ///< added to that of the patch; what a modulation moves, smooth as frames are. Default 0
  float       level;    ///< linear, >= 0, of the noise alone. Default 1
  FiqFormants formants; ///< of the noise. Default: those of the note
} FiqSwarmBreathNote;

/// The noise of the notes. Each has an envelope, which goes on in its slot when the note has gone.
typedef struct {
  FiqBreath          noise;
  FiqSwarmBreathNote note[FIQ_CARRIERS_MAX];
  FiqBreathEnvelope  envelope[FIQ_CARRIERS_MAX];
  float              loud[FIQ_CARRIERS_MAX]; ///< of the note without the envelope
  float              tone[FIQ_CARRIERS_MAX]; ///< what the breath leaves of the note's own gain
  uint64_t           began[FIQ_CARRIERS_MAX];
  bool               sounds[FIQ_CARRIERS_MAX];
  FiqFilter          filter[FIQ_CARRIERS_MAX];   ///< that `power` was made with
  FiqFormants        formants[FIQ_CARRIERS_MAX]; ///< the same
  float*             power; ///< [carriers][FIQ_BREATH_POINTS] spectra of the notes
  FiqFixedLobes*     lobes; ///< [bands / chunk]; fixed by init
  uint32_t           n_sounding;
  bool               is_on;  ///< in this step
  bool               starts; ///< with this step
} FiqSwarmBreath;

/// What bends an oscillator away from its partial: detune and sway.
typedef struct {
  float*   normal;         ///< [FIQ_SWARM_NORMAL + 1] detune by place, normal; fixed by init
  float    normality;      ///< `distribution`, slow
  float    swing;          ///< largest relative offset of the sway
  float    tone_spread;    ///< detune that `tone` was found with
  float    tone_normality; ///< and how far normal it was
  bool     tone_detunes;   ///< and whether notes had their own
  float    share[FIQ_CARRIERS_MAX]; ///< detune of each note, over the largest
  float    sways[FIQ_CARRIERS_MAX]; ///< sway of each note, over that which was handed over
  bool     has_tone;                ///< the last step left one
  float*   sway; ///< [FIQ_SWARM_SWAY_MAX + chunk] 1 + sway of this step, repeated to its end
  float*   sway_asked[2]; ///< [FIQ_SWARM_SWAY_MAX] as handed over: at `sway_frame`, and later
  uint32_t n_sway;        ///< as handed over
  uint64_t sway_frame;    ///< stream position then
} FiqSwarmDetune;

/// Ranges of frequency that have attention.
typedef struct {
  uint32_t n;
  float    hz[2][FIQ_SWARM_ATTENTION_MAX]; ///< low and high ends
} FiqSwarmAttention;

/// A syllable for a key that is to be struck.
typedef struct {
  uint64_t    struck_frame; ///< stream time of the key, as it came
  uint64_t    frame;        ///< when the syllable begins
  float       onset_max_s;  ///< from there to the vowel
  float       coda_s;       ///< after its end
  float       steady_s;     ///< from `frame` to its earliest end
  uint8_t     channel;
  uint8_t     key;
  FiqSyllable syllable;
} FiqSwarmSyllable;

/// What is to be sung: the last syllables that were handed over.
typedef struct {
  uint64_t         newest_frame; ///< latest of the ring
  FiqSwarmSyllable ring[FIQ_SWARM_SYLLABLES];
  uint32_t         n; ///< handed over since reset
} FiqSwarmWords;

/// Partials that a curve is for, beside its tract.
typedef struct {
  float    hz;
  float    stretch;
  float    amount;
  uint32_t n; ///< 0: for none
} FiqSwarmCurve;

/// Whether and how each slot's note is sung.
typedef struct {
  FiqUtterance* utterance;                 ///< [carriers]
  float*        density;                   ///< [carriers][FIQ_BREATH_POINTS] of the noise
  float*        curve;                     ///< [carriers][FIQ_SWARM_PARTIALS_MAX] of the tract
  FiqSwarmCurve drawn[FIQ_CARRIERS_MAX];   ///< what `curve` was made with
  FiqTract      tract[FIQ_CARRIERS_MAX];   ///< of this step
  float         amount[FIQ_CARRIERS_MAX];  ///< of the tract; 0: none
  float         noise[FIQ_CARRIERS_MAX];   ///< level of the noise; 0: none
  uint64_t      began[FIQ_CARRIERS_MAX];   ///< when the syllable did, stream position
  uint64_t      struck[FIQ_CARRIERS_MAX];  ///< when the note was
  uint8_t       of_note[FIQ_CARRIERS_MAX]; ///< number of the note that has the slot
  bool          sings[FIQ_CARRIERS_MAX];   ///< a syllable
  bool          shaped[FIQ_CARRIERS_MAX];  ///< `density` is that of `tract`
} FiqSwarmSinging;

/// The work of a step, in portions.
typedef struct {
  uint32_t n_chunks;  ///< chunks of this step
  uint32_t n_lobes;   ///< those whose lobes are made after the measure: all of them, or none
  uint32_t next_item; ///< portions of work done: chunks, then what ends the step
  uint32_t done_ns;   ///< their estimated time
  uint32_t total_ns;  ///< that of all portions of this step
  bool     begun;     ///< a step is under work
} FiqSwarmWork;

/// How long nothing has happened.
typedef struct {
  uint32_t idle_steps;  ///< steps since the last note ended
  uint32_t quiet_steps; ///< of those, steps at whose beginning nothing was left to fade
  uint32_t shrink_steps;
  bool     asleep; ///< no note, no tail: silence
} FiqSwarmRest;

typedef struct {
  FiqNotes            notes;
  FiqAnneal           anneal;
  FiqSpectralBank     lobes;
  FiqSwarmOscillators osc;
  FiqSwarmGroups      groups;
  FiqSwarmPartials    partials;
  FiqSwarmPlaces      places;
  FiqSwarmSlots       slots;
  FiqSwarmDetune      detune;
  FiqSwarmMotion      motion;
  FiqSwarmBreath      breath;
  FiqSwarmAttention   attention;
  FiqSwarmWords       words;
  FiqSwarmSinging     singing;
  FiqSwarmWork        work;
  FiqSwarmRest        rest;

  // fixed by init
  double   sample_rate_hz;
  uint32_t capacity;
  uint32_t step_frames;
  uint32_t fft_bits;   ///< log2 of the transform's size
  uint8_t  slew_steps; ///< steps that a change of level takes when an oscillator comes or goes
  bool     use_avx2;   ///< which build of the kernel; may be cleared to compare
  bool     use_avx512; ///< a wider one, if use_avx2 too; may be cleared to compare

  float* play[2][FIQ_CHANNELS]; ///< [step] sounding, and ready

  FiqSwarmParams params; ///< as last handed over
  FiqSwarmFrame  step;
  uint64_t       frame;      ///< stream position
  uint32_t       step_count; ///< steps since reset
  uint32_t       seed;
  uint32_t       playing; ///< which of `play` sounds
} FiqSwarm;

/// Step for a rate: 64 frames up to 50 kHz, doubled per octave above.  [any]
uint32_t fiq_swarm_default_step(double sample_rate_hz);

/// Default value of every parameter.  [any]
FiqSwarmParams fiq_swarm_default_params(void);

/// FIQ_BAD_ARGUMENT outside the ranges of FiqSwarmConfig.  [setup]
FiqStatus fiq_swarm_init(FiqSwarm* self, FiqArena* arena, FiqFftPool* pool,
                         const FiqSwarmConfig* config);

/// Random choices to come are those of `seed`; what sounds goes on.  [audio]
void fiq_swarm_reseed(FiqSwarm* self, uint64_t seed);

/// Silence, no notes, stream position 0.  [audio]
void fiq_swarm_reset(FiqSwarm* self, uint64_t seed);

/// Parameters from here on; at every control tick, whose period divides S.  [audio]
void fiq_swarm_control(FiqSwarm* self, const FiqSwarmParams* params);

/// Write `n_frames` of both channels.  [audio]
void fiq_swarm_process(FiqSwarm* self, float* const out[FIQ_CHANNELS], uint32_t n_frames);

/// Frames from an event to its sound: 2 S, and 0.3 s more where consonants are sung ahead of the beat.  [any]
uint32_t fiq_swarm_latency_frames(const FiqSwarm* self);

/// A MIDI 1.0 channel message, `offset` frames after the stream position; see notes.h.  [audio]
void fiq_swarm_midi(FiqSwarm* self, const uint8_t* message, uint32_t size_bytes, uint32_t offset);

/// Events, `offset` frames after the stream position; arguments as in notes.h.  [audio]
void fiq_swarm_note_on(FiqSwarm* self, uint32_t channel, uint32_t key, float velocity,
                       uint32_t offset);
void fiq_swarm_note_off(FiqSwarm* self, uint32_t channel, uint32_t key, uint32_t offset);
void fiq_swarm_bend(FiqSwarm* self, uint32_t channel, float bend, uint32_t offset);
void fiq_swarm_controller(FiqSwarm* self, uint32_t channel, uint32_t controller, uint32_t value,
                          uint32_t offset);

/// The key that is struck `offset` frames after the stream position sings `syllable`, which must be valid; call it just
/// before the note on. A key without one sings the vowel. Ahead of the beat, keys that end with this one's beat end as
/// much sooner as their codas and this onset are long.  [audio]
void fiq_swarm_sing(FiqSwarm* self, uint32_t channel, uint32_t key, const FiqSyllable* syllable,
                    uint32_t offset);

/// The voices from here on, `n` <= FIQ_SWARM_VOICES_MAX, ids all different, hz > 0; those not among
/// them fade out. Once a control tick, or less often.  [audio]
void fiq_swarm_set_voices(FiqSwarm* self, const FiqSwarmVoice* voices, uint32_t n);

/// Relative offsets of frequency, -0.5..0.5: `from` [n] holds at this stream position, `to` [n] later; `n` <=
/// FIQ_SWARM_SWAY_MAX, 0 (pointers unused): none. A step takes those that hold at its centre, which is where it
/// begins: `from` if that is here, else `to`; between centres frequencies move linearly. Once a control
/// tick, or less often: what was set stays. O(n).  [audio]
void fiq_swarm_set_sway(FiqSwarm* self, const float* from, const float* to, uint32_t n);

/// Ranges of frequency that have attention: low_hz[i]..high_hz[i], `n` <= FIQ_SWARM_ATTENTION_MAX.  [audio]
void fiq_swarm_set_attention(FiqSwarm* self, const float low_hz[], const float high_hz[],
                             uint32_t n);

/// Entropy of the phases of up to 256 oscillators, each against the mean phase of its group, over 16 bins: 0 all
/// alike .. 1 even. As judged last, every 10 ms while something sounds; 0 at first.  [any]
float fiq_swarm_uncertainty(const FiqSwarm* self);

/// Go on playing in `self` what `old`, of another capacity, has begun; with another step there
/// is a gap of one step. O(oscillators in play), about a tenth of a step's work.  [audio]
void fiq_swarm_adopt(FiqSwarm* self, const FiqSwarm* old);

/// Frequency of the coordinate `x` on the axis in use.  [any]
float fiq_swarm_hz(const FiqSwarm* self, float x);

/// Mean distance of the oscillators from their notes, Hz.  [any]
float fiq_swarm_residual_hz(const FiqSwarm* self);

#endif
