/* A program that goes to the background, as daemons do, once it serves: who started it hears then how
 * that went. */
#ifndef BACKGROUND_H
#define BACKGROUND_H

/* Goes on in a child process. The parent waits for it and ends: with 0 once the child says
 * arrived_in_background(), else with the child's own status. Before any thread. 0, or -1 where it could
 * not be done. */
int go_to_background(void);

/* Has the parent end, and lets go of its terminal. Nothing if there is no parent that waits. */
void arrived_in_background(void);

#endif
