"""What each member hears of: notices made from the journal, in the app and by mail, and the weekly digest. Never: a rule of selling."""
