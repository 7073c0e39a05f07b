ALTER TYPE kinds.mood ADD VALUE 'great';
ALTER TYPE kinds.empty ADD VALUE 'no longer';
