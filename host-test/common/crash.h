// SPDX-License-Identifier: GPL-3.0-or-later
/**
   What happens when a plugin ends the process in the middle of the work, by abort(), by exit() or by touching what is not
   its own: it is said, temporary files are removed, and the status is not that of success. What nobody is told of, SIGKILL
   and _exit(), leaves temporary files, which the next file of that name removes (pending_file.h).
   State is one per process.
*/
#ifndef FIQ_CRASH_H
#define FIQ_CRASH_H

/// Watch from now on.  [setup]
void fiq_crash_watch(void);

/// All files are what they will be; the plugins are released now, and what they do then leaves `status` the program's.  [setup]
void fiq_crash_release(int status);

/// Nothing of a plugin is left.  [setup]
void fiq_crash_rest(void);

#endif
